"""Bring a dataset of any kind to one form, and list what was left out."""

from convatlas.data.digits import save_digits
from convatlas.data.normalize import normalize_dataset
from convatlas.job import logger, start_job

with start_job(snakemake):
    digits, rejected = normalize_dataset(
        snakemake.params.dataset,
        {name: path for name, path in snakemake.input.items() if name != "pictures"},
        seed=snakemake.params.seed,
    )
    logger.info("%d digits accepted, %d left out", len(digits), len(rejected))
    save_digits(snakemake.output.digits, digits)
    rejected.to_csv(snakemake.output.rejected, index=False)
