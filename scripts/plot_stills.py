"""Show frames of clips before and after, and the picture that they took their style from."""

from convatlas.evaluation.stills import arrange_stills, load_stills
from convatlas.figures.stills import plot_stills
from convatlas.job import start_job

with start_job(snakemake):
    options = snakemake.params.options
    rows = arrange_stills(
        [load_stills(path) for path in snakemake.input.stills],
        show=options["show"],
        still=options.get("still", 0),
    )
    plot_stills(rows, snakemake.output[0])
