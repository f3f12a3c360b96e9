"""Summarise all restyled clips: one row each, and the numbers that claims are judged by."""

from convatlas.evaluation.videos import measure_videos, tabulate_scores
from convatlas.files import read_json, write_json
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    scores = [read_json(path) for path in snakemake.input.scores]
    table = tabulate_scores(scores, snakemake.params.twins)
    write_csv(snakemake.output.scores, table)
    write_json(
        snakemake.output.metrics,
        measure_videos(
            table,
            main=snakemake.params.main,
            behind=snakemake.params.behind,
            features=snakemake.params.features,
        ),
    )
