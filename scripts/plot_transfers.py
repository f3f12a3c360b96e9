"""Show photographs, the pictures whose style they took, and what came of it."""

from convatlas.figures.stills import plot_stills
from convatlas.figures.transfers import arrange_transfers
from convatlas.job import start_job
from convatlas.stylization.pictures import read_picture

with start_job(snakemake):
    given = snakemake.input
    rows = arrange_transfers(
        [read_picture(path) for path in given.originals],
        [read_picture(path) for path in given.styles],
        [read_picture(path) for path in given.pictures],
        snakemake.params.captions,
    )
    plot_stills(rows, snakemake.output[0])
