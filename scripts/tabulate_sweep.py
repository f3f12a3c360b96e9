"""Tabulate the sweep over epochs and batch size."""

from convatlas.evaluation.tables import sweep_grid
from convatlas.job import start_job
from convatlas.tables import read_histories, write_csv

with start_job(snakemake):
    histories = read_histories(snakemake.input.histories)
    write_csv(snakemake.output[0], sweep_grid(histories, snakemake.params.batch_sizes))
