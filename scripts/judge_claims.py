"""Set what the document states beside what was measured."""

from convatlas.evaluation.claims import judge_claims
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    write_csv(snakemake.output[0], judge_claims(snakemake.params.claims, metrics))
