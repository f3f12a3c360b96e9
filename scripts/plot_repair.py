"""Draw the repair of own-digit recognition, step by step."""

from convatlas.evaluation.tables import repair_rows
from convatlas.figures.repair import plot_repair
from convatlas.job import start_job
from convatlas.tables import read_metrics

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    plot_repair(repair_rows(snakemake.params.repair, metrics), snakemake.output[0])
