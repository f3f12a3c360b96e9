"""Divide a dataset into training, validation and test; the file is the witness."""

from convatlas.data.digits import load_digits
from convatlas.data.splits import write_splits
from convatlas.job import start_job

with start_job(snakemake):
    write_splits(
        snakemake.output.splits,
        load_digits(snakemake.input.digits),
        tuple(snakemake.params.shares),
        snakemake.params.seed,
    )
