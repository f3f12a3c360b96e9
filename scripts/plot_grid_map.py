"""Draw the validation energy of every network of a grid."""

import pandas as pd

from convatlas.evaluation.grids import first_seed
from convatlas.figures.grid_map import plot_grid_map
from convatlas.job import start_job

with start_job(snakemake):
    tables = [first_seed(pd.read_csv(path)) for path in snakemake.input.results]
    plot_grid_map(pd.concat(tables, ignore_index=True), snakemake.output[0])
