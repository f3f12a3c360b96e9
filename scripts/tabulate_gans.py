"""Tabulate how far generated digits are from real ones."""

from convatlas.evaluation.gan_tables import distances_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    table = distances_table(
        read_metrics(snakemake.input.metrics),
        titles=snakemake.params.titles,
        features=snakemake.params.features,
        reference=snakemake.params.options["against"],
    )
    write_csv(snakemake.output[0], table)
