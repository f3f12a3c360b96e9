"""Read a table of any kind, check every number, and write it as text."""

from convatlas.data.observations import save_observations
from convatlas.data.table_kinds import read_table
from convatlas.job import logger, start_job

with start_job(snakemake):
    observations = read_table(snakemake.params.dataset, dict(snakemake.input.items()))
    logger.info("%d rows of %d columns", len(observations), len(observations.columns))
    save_observations(snakemake.output.observations, observations)
