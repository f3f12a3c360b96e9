"""Fit one part of a grid of perceptrons, all networks side by side."""

from convatlas.data.partition import load_table
from convatlas.job import logger, start_job
from convatlas.models.perceptron_file import save_perceptrons
from convatlas.tables import write_csv
from convatlas.training.perceptron_grids import fit_share

with start_job(snakemake) as job:
    history, best = fit_share(
        snakemake.params.settings,
        load_table(snakemake.input.partition),
        seed=int(snakemake.wildcards.seed),
        part=int(snakemake.wildcards.part),
        checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    logger.info("%d rows of history, best: %s", len(history), ", ".join(best) or "none")
    write_csv(snakemake.output.history, history)
    save_perceptrons(snakemake.output.best, best)
