"""Tabulate what discriminators take for real."""

from convatlas.evaluation.gan_tables import judgements_table
from convatlas.job import start_job
from convatlas.tables import read_gans, write_csv

with start_job(snakemake):
    options = snakemake.params.options
    table = judgements_table(
        read_gans(snakemake.input.judgements),
        titles=snakemake.params.titles,
        kinds=options["kinds"],
        every_epoch=options.get("every_epoch", False),
    )
    write_csv(snakemake.output[0], table)
