"""Show digits with what the network reads, the first ones or the worst mistakes."""

import pandas as pd

from convatlas.data.digits import load_digits
from convatlas.data.selection import pick_predictions
from convatlas.figures.digits import plot_predictions
from convatlas.job import start_job

with start_job(snakemake):
    options, target = snakemake.params.options, snakemake.params.target
    table = pick_predictions(
        pd.read_csv(snakemake.input.predictions[0]),
        target=options["target"],
        pick=options["pick"],
        count=options["count"],
    )
    images = load_digits(snakemake.input.digits).images(target["form"])
    plot_predictions(images[table["index"]], table, snakemake.output[0])
