"""Fit an autoencoder per width and seed on the training part of a table."""

from convatlas.data.partition import load_table
from convatlas.files import atomic_path
from convatlas.job import start_job
from convatlas.models.perceptron_file import save_perceptrons
from convatlas.training.autoencoders import fit_autoencoders

with start_job(snakemake) as job:
    fit = fit_autoencoders(
        snakemake.params.settings,
        load_table(snakemake.input.partition),
        seeds=snakemake.params.seeds,
        checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    with atomic_path(snakemake.output.history) as part:
        fit.history.to_csv(part, index=False)
    save_perceptrons(snakemake.output.fitted, fit.fitted)
