"""Show paintings above those learnt from that are nearest to them."""

from convatlas.evaluation.painting_scores import load_neighbours
from convatlas.figures.paintings import plot_neighbours
from convatlas.job import start_job

with start_job(snakemake):
    (name,) = snakemake.params.options["painters"]
    title = f"{snakemake.params.titles[name]}: painted, and below it the nearest painting"
    plot_neighbours(
        *load_neighbours(snakemake.input.neighbours[0]), snakemake.output[0], title=title
    )
