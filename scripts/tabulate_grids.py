"""Tabulate the best parameterization of each grid."""

from convatlas.evaluation.grids import grids_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    write_csv(snakemake.output[0], grids_table(metrics, titles=snakemake.params.titles))
