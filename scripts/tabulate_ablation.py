"""Tabulate what each cause adds to the error of an autoencoder."""

from convatlas.evaluation.autoencoder_tables import ablation_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    rows, metrics = snakemake.params.options["rows"], read_metrics(snakemake.input.metrics)
    write_csv(snakemake.output[0], ablation_table(rows, metrics))
