"""Draw how far generated digits are from real ones, over the epochs."""

from convatlas.figures.generation import plot_generation
from convatlas.job import start_job
from convatlas.tables import read_gans

with start_job(snakemake):
    plot_generation(
        read_gans(snakemake.input.scores),
        snakemake.output[0],
        titles=snakemake.params.titles,
        reference=snakemake.params.options["against"],
        features=snakemake.params.features["title"],
    )
