"""Draw how far paintings are from those learnt from, over the training."""

from convatlas.figures.painters import plot_painters
from convatlas.job import start_job
from convatlas.tables import read_painters

with start_job(snakemake):
    options = snakemake.params.options
    plot_painters(
        read_painters(snakemake.input.scores, snakemake.input.histories),
        snakemake.output[0],
        titles=snakemake.params.titles,
        features=snakemake.params.features,
        over=options.get("over", "images"),
        stated=options.get("stated") if snakemake.params.comparable else None,
    )
