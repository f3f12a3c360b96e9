"""Tabulate what painters reach, and what they cost."""

from convatlas.evaluation.painter_tables import painters_table
from convatlas.job import start_job
from convatlas.tables import read_painters, write_csv

with start_job(snakemake):
    table = painters_table(
        read_painters(snakemake.input.scores, snakemake.input.histories),
        titles=snakemake.params.titles,
        features=snakemake.params.features,
    )
    write_csv(snakemake.output[0], table)
