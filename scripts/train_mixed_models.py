"""Fit the grid's best network and the document's to features and codes; predict the test part."""

from convatlas.data.partition import load_table
from convatlas.job import start_job
from convatlas.models.perceptron_file import load_best
from convatlas.tables import write_csv
from convatlas.training.mixed import fit_mixed_models, list_candidates

with start_job(snakemake) as job:
    (shape, _), rate = load_best(snakemake.input.networks)
    codes = {name: load_best(snakemake.input[name])[0] for name in ("low", "high")}
    predictions = fit_mixed_models(
        load_table(snakemake.input.partition),
        codes,
        list_candidates(shape, rate, snakemake.params.mixed["document"]),
        settings=snakemake.params.mixed,
        seeds=snakemake.params.seeds,
        keep=job.pieces(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    write_csv(snakemake.output[0], predictions)
