"""Fit networks of the grid's best shape to features and codes, and predict the test part."""

from convatlas.data.partition import load_table
from convatlas.job import start_job
from convatlas.models.perceptron_file import load_best
from convatlas.tables import write_csv
from convatlas.training.mixed import fit_mixed_models

with start_job(snakemake) as job:
    shape, _ = load_best(snakemake.input.networks)
    codes = {name: load_best(snakemake.input[name]) for name in ("low", "high")}
    predictions = fit_mixed_models(
        load_table(snakemake.input.partition),
        codes,
        shape,
        settings=snakemake.params.mixed,
        seeds=snakemake.params.seeds,
        keep=job.pieces(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    write_csv(snakemake.output[0], predictions)
