"""Draw energy and gradient of a grid's best, median and worst network."""

import pandas as pd

from convatlas.figures.grids import plot_grid_histories
from convatlas.job import start_job

with start_job(snakemake):
    chosen = pd.read_csv(snakemake.input.chosen[0])
    plot_grid_histories(chosen, snakemake.output[0])
