"""Measure the autoencoders of all widths and seeds on every part of their table."""

import pandas as pd

from convatlas.data.partition import load_table
from convatlas.evaluation.principal_components import add_testing_floor
from convatlas.evaluation.reconstruction import measure_autoencoders, reconstruct
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.models.perceptron_file import load_perceptrons
from convatlas.tables import write_csv

with start_job(snakemake):
    table, fitted = load_table(snakemake.input.partition), load_perceptrons(snakemake.input.fitted)
    widths, seeds = snakemake.params.widths, snakemake.params.seeds
    measured = measure_autoencoders(
        fitted,
        pd.read_csv(snakemake.input.history),
        table,
        dataset=snakemake.params.dataset,
        widths=widths,
        seeds=seeds,
    )
    write_json(snakemake.output.metrics, add_testing_floor(measured, table))
    outputs = reconstruct(fitted, table, widths=widths, seed=seeds[0])
    write_csv(snakemake.output.reconstructions, outputs.round(6))
