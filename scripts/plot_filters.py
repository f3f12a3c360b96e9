"""Show a photograph and what six filters make of it."""

from convatlas.evaluation.filtered import load_filtered
from convatlas.figures.stills import plot_stills
from convatlas.job import start_job

with start_job(snakemake):
    pictures = load_filtered(snakemake.input.filtered)
    rows = [pictures[:1], *(pictures[n : n + 3] for n in range(1, len(pictures), 3))]
    plot_stills(rows, snakemake.output[0])
