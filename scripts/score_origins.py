"""Predict the test part by other means, from features and from codes."""

from convatlas.data.partition import load_table
from convatlas.evaluation.origins import score_split
from convatlas.job import start_job
from convatlas.models.perceptron_file import encode_features, load_best
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    table = load_table(snakemake.input.partition)
    codes = {name: load_best(snakemake.input[name])[0] for name in ("low", "high")}
    scored = score_split(
        encode_features(table.features, codes),
        table.restore_outputs(table.desired),
        table.parts,
        places=table.places,
        seed=snakemake.params.seed,
        n_jobs=snakemake.threads,
        progress=job.progress,
        keep=job.pieces(snakemake.config["checkpoint_seconds"]),
    )
    write_csv(snakemake.output[0], scored)
