"""Draw what a discriminator takes for real, over the epochs."""

from convatlas.figures.judgements import plot_judgements
from convatlas.job import start_job
from convatlas.tables import read_gans

with start_job(snakemake):
    options = snakemake.params.options
    plot_judgements(
        read_gans(snakemake.input.judgements),
        snakemake.output[0],
        kinds=options["kinds"],
        stated=options.get("stated"),
        titles=snakemake.params.titles,
    )
