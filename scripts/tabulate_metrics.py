"""Tabulate accuracy, precision, recall, F1 and calibration."""

from convatlas.evaluation.tables import metrics_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    options = snakemake.params.options
    write_csv(snakemake.output[0], metrics_table(options["rows"], metrics))
