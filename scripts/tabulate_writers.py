"""Tabulate recognition of writers that were left out of training."""

from convatlas.evaluation.tables import writers_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    options = snakemake.params.options
    write_csv(
        snakemake.output[0], writers_table(options["networks"], snakemake.params.writers, metrics)
    )
