"""Draw the error of training and of held-out pictures over the epochs."""

from convatlas.figures.denoising import plot_denoising_curves
from convatlas.job import start_job
from convatlas.tables import read_repeated

with start_job(snakemake):
    options = snakemake.params.options
    plot_denoising_curves(
        read_repeated(snakemake.input.histories),
        snakemake.output[0],
        titles=snakemake.params.titles,
        noisy_mse=snakemake.params.noisy_mse,
        stated=options.get("stated"),
    )
