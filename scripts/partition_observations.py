"""Divide a table into training, validation and test; the file is the witness."""

from convatlas.data.observations import load_observations
from convatlas.data.partition import write_partition
from convatlas.job import start_job

with start_job(snakemake):
    write_partition(
        snakemake.output.partition,
        load_observations(snakemake.input.observations),
        tuple(snakemake.params.shares),
        snakemake.params.seed,
        **snakemake.params.predicted,
    )
