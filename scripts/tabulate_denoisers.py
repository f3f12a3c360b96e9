"""Tabulate how near to the clean pictures denoisers come."""

from convatlas.evaluation.denoising_summary import denoisers_table
from convatlas.files import read_json
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    table = denoisers_table(
        read_json(snakemake.input.metrics),
        titles=snakemake.params.titles,
        counts=snakemake.params.counts,
        sigmas=snakemake.params.sigmas,
    )
    write_csv(snakemake.output[0], table)
