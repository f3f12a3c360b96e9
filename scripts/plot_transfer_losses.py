"""Plot the terms of content and of style over the steps of transfers."""

import pandas as pd

from convatlas.figures.transfers import plot_transfer_losses
from convatlas.job import start_job

with start_job(snakemake):
    titles = [caption["title"] for caption in snakemake.params.captions]
    histories = [pd.read_csv(path) for path in snakemake.input.histories]
    plot_transfer_losses(list(zip(titles, histories, strict=True)), snakemake.output[0])
