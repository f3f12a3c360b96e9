"""Draw LeakyReLU."""

from convatlas.figures.activation import plot_activation
from convatlas.job import start_job

with start_job(snakemake):
    plot_activation(snakemake.output[0])
