"""Tabulate the repair of own-digit recognition."""

from convatlas.evaluation.tables import repair_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    write_csv(snakemake.output[0], repair_table(snakemake.params.repair, metrics))
