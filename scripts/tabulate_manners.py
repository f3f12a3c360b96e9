"""Set styles beside one another: manner, content, flicker, speed, training."""

import pandas as pd

from convatlas.evaluation.manners import manners_table, read_speeds, sum_hours
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    scores = pd.read_csv(snakemake.input.scores)
    frames = {
        style: dict(zip(own["clip"], own["frames"], strict=True))
        for style, own in scores.groupby("style")
    }
    table = manners_table(
        pd.read_csv(snakemake.input.manners),
        scores,
        titles=snakemake.params.titles["styles"],
        hours=sum_hours(snakemake.params.trained, snakemake.input.histories),
        speeds=read_speeds(
            snakemake.config["pathvars"]["benchmarks"], frames, snakemake.input.segments
        ),
        features=snakemake.params.features,
    )
    write_csv(snakemake.output[0], table)
