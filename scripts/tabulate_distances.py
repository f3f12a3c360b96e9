"""Tabulate how far each predictor's outputs are from the true ones."""

import pandas as pd

from convatlas.evaluation.origin_distances import distances_table
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    distances = pd.read_csv(snakemake.input.distances)
    shown = distances[distances["measure"] == snakemake.params.options["measure"]]
    write_csv(snakemake.output[0], distances_table(shown, places=snakemake.params.places))
