"""Draw which digits are generated, and when they can be read."""

from convatlas.figures.classes import plot_classes
from convatlas.job import start_job
from convatlas.tables import read_gans

with start_job(snakemake):
    plot_classes(
        read_gans(snakemake.input.classes),
        snakemake.output[0],
        titles=snakemake.params.titles,
        features=snakemake.params.features["title"],
    )
