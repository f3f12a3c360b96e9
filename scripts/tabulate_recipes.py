"""Tabulate what each change of a recipe brings."""

from convatlas.evaluation.gan_tables import recipes_table
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    table = recipes_table(
        read_metrics(snakemake.input.metrics),
        titles=snakemake.params.titles,
        networks=snakemake.params.networks,
        features=snakemake.params.features,
    )
    write_csv(snakemake.output[0], table)
