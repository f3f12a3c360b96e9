"""Draw which pixels are kept by which stride."""

from convatlas.figures.convolution import plot_strides
from convatlas.job import start_job

with start_job(snakemake):
    plot_strides(snakemake.params.cases, snakemake.output[0])
