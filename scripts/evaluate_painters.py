"""Summarise painters: the numbers that claims are judged by."""

from convatlas.evaluation.painter_tables import summarise_painters
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.tables import read_painters

with start_job(snakemake):
    table = read_painters(snakemake.input.scores, snakemake.input.histories)
    write_json(snakemake.output.metrics, summarise_painters(table, **snakemake.params.behind))
