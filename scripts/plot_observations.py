"""Show the observations of a table, whole or by parts."""

from convatlas.data.partition import load_table
from convatlas.figures.observations import plot_observations
from convatlas.job import start_job

with start_job(snakemake):
    table = load_table(snakemake.input.partition)
    by_parts = snakemake.params.options.get("by_parts", False)
    parts = table.part_of_rows() if by_parts else None
    plot_observations(table.frame(), snakemake.output[0], parts=parts)
