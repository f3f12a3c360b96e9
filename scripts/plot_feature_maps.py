"""Show what channels of a feature network make of a photograph."""

from convatlas.figures.picture_rows import plot_picture_rows
from convatlas.job import start_job
from convatlas.synthesis.picture_files import load_rows

with start_job(snakemake):
    plot_picture_rows(load_rows(snakemake.input[0]), snakemake.output[0])
