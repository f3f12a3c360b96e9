"""Lay out a landmark network: layers, shapes, parameters, multiply-adds, receptive fields."""

import pandas as pd

from convatlas.evaluation.landmark_tables import lay_out
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    table = pd.read_csv(snakemake.input.landmarks)
    write_csv(snakemake.output[0], lay_out(table, snakemake.params.options["landmark"]))
