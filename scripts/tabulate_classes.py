"""Tabulate precision, recall and F1 per digit."""

from convatlas.evaluation.tables import classes_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    options = snakemake.params.options
    write_csv(snakemake.output[0], classes_table(metrics[options["models"][0]][options["target"]]))
