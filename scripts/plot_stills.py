"""Show frames of clips before and after, and the picture that they took their style from."""

from convatlas.figures.stills import plot_stills
from convatlas.job import start_job
from convatlas.video.stills import choose_stills

with start_job(snakemake):
    options = snakemake.params.options
    plot_stills(
        choose_stills(snakemake.input.stills, show=options["show"], still=options["still"]),
        snakemake.output[0],
    )
