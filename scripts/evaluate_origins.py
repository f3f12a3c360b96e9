"""Measure how far the predicted outputs are from the true ones."""

import pandas as pd

from convatlas.data.partition import load_table
from convatlas.evaluation.origin_distances import list_distances, measure_origins
from convatlas.files import read_json, write_json
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
    energies = (
        read_json(snakemake.input[code])["shown"]["validation_energy"]["values"]
        for code in ("low", "high")
    )
    write_csv(snakemake.output.distances, distances)
    write_json(
        snakemake.output.metrics,
        measure_origins(
            table, distances, dataset=snakemake.params.dataset, code_energies=tuple(energies)
        ),
    )
