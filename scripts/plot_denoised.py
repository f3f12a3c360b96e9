"""Show held-out pictures with noise, and what each denoiser makes of them."""

import pandas as pd

from convatlas.data.denoising_pictures import load_parts
from convatlas.evaluation.denoising_rows import arrange_denoised
from convatlas.figures.picture_rows import plot_picture_rows
from convatlas.job import start_job

with start_job(snakemake):
    rows = arrange_denoised(
        load_parts(snakemake.input.pictures),
        pd.read_csv(snakemake.input.scores),
        titles=snakemake.params.titles,
        sigma=snakemake.params.sigma,
        names=snakemake.params.names,
    )
    plot_picture_rows(rows, snakemake.output[0])
