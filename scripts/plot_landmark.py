"""Draw a landmark network as blocks, a layer each, as tall as its maps."""

import pandas as pd

from convatlas.figures.landmarks import plot_landmark
from convatlas.job import start_job

with start_job(snakemake):
    table = pd.read_csv(snakemake.input.landmarks)
    chosen = table[table["network"] == snakemake.params.options["landmark"]]
    plot_landmark(chosen, snakemake.output[0])
