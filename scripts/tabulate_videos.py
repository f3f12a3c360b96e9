"""Lay out restyled clips: frames, sound, edges, style, flicker, before and after."""

import pandas as pd

from convatlas.evaluation.videos import videos_table
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    table = pd.read_csv(snakemake.input.scores)
    titles, learnt = snakemake.params.titles, snakemake.params.learnt
    write_csv(snakemake.output[0], videos_table(table, titles, learnt))
