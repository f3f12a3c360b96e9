"""Set what the document states beside what was measured."""

from convatlas.evaluation.claims import judge_claims
from convatlas.job import start_job
from convatlas.tables import read_metrics, write_csv

with start_job(snakemake):
    metrics = read_metrics(snakemake.input.metrics)
    claims = judge_claims(snakemake.params.claims, metrics, stand_ins=snakemake.params.stand_ins)
    write_csv(snakemake.output[0], claims)
