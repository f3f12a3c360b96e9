"""Measure how far the predicted outputs are from the true ones."""

import pandas as pd

from convatlas.data.partition import load_table
from convatlas.evaluation.origin_distances import list_distances, measure_origins
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    table = load_table(snakemake.input.partition)
    distances = list_distances(
        table,
        predictions=pd.read_csv(snakemake.input.predictions),
        others=pd.read_csv(snakemake.input.others),
        folds=pd.read_csv(snakemake.input.folds),
    )
    write_csv(snakemake.output.distances, distances)
    write_json(
        snakemake.output.metrics,
        measure_origins(table, distances, dataset=snakemake.params.dataset),
    )
