"""Show pictures beside what of them was found in a generator's space of styles."""

from convatlas.figures.picture_rows import plot_picture_rows
from convatlas.job import start_job
from convatlas.synthesis.picture_files import load_rows

with start_job(snakemake):
    plot_picture_rows(load_rows(snakemake.input.rows[0]), snakemake.output[0])
