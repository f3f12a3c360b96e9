"""Draw a network layer by layer, as it was found by sending an input through it."""

import pandas as pd

from convatlas.figures.architecture import plot_architecture
from convatlas.job import start_job

with start_job(snakemake):
    options = snakemake.params.options
    table = pd.read_csv(snakemake.input.layers, dtype={"part": str, "layer": str})
    chosen = table[table["network"] == options["architecture"]]
    plot_architecture(chosen, snakemake.output[0], hidden=options.get("hidden"))
