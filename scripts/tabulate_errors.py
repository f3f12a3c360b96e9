"""Tabulate errors of training, testing and validation by width."""

from convatlas.evaluation.autoencoder_tables import errors_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    options, metrics = snakemake.params.options, read_metrics(snakemake.input.metrics)
    write_csv(snakemake.output[0], errors_table(options["rows"], options["widths"], metrics))
