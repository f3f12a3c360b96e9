"""Show photographs and what a network dreamt into them."""

from convatlas.figures.stills import plot_stills
from convatlas.figures.transfers import arrange_dreams
from convatlas.job import start_job
from convatlas.stylization.pictures import read_picture

with start_job(snakemake):
    rows = arrange_dreams(
        [read_picture(path) for path in snakemake.input.originals],
        [read_picture(path) for path in snakemake.input.pictures],
        snakemake.params.captions,
    )
    plot_stills(rows, snakemake.output[0])
