"""Draw what a denoiser reaches with more and more pictures to learn from."""

from convatlas.evaluation.denoising_summary import quality_of, sizes_table
from convatlas.figures.denoising import plot_training_sizes
from convatlas.files import read_json
from convatlas.job import start_job

with start_job(snakemake):
    metrics, sigma = read_json(snakemake.input.metrics), snakemake.params.sigma
    plot_training_sizes(
        sizes_table(metrics, snakemake.params.counts, sigma),
        snakemake.output[0],
        levels=quality_of(metrics, snakemake.params.levels, sigma),
        sigma=sigma,
    )
