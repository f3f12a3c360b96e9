"""Predict every row of the grids' table by others that are fitted without it."""

from convatlas.data.partition import load_table
from convatlas.evaluation.origins import cross_validate
from convatlas.job import start_job
from convatlas.models.perceptron_file import load_best
from convatlas.tables import write_csv
from convatlas.training.mixed import as_regressors, list_candidates

with start_job(snakemake) as job:
    table, origins = load_table(snakemake.input.partition), snakemake.params.origins
    (shape, _), rate = load_best(snakemake.input.networks)
    candidates = list_candidates(shape, rate, origins["mixed"]["document"])
    scored = cross_validate(
        table.features,
        table.restore_outputs(table.desired),
        folds=origins["folds"],
        places=table.places,
        seed=snakemake.params.seed,
        n_jobs=snakemake.threads,
        extra=as_regressors(table, candidates, origins["mixed"], seed=snakemake.params.seed),
        progress=job.progress,
        keep=job.pieces(snakemake.config["checkpoint_seconds"]),
    )
    write_csv(snakemake.output[0], scored)
