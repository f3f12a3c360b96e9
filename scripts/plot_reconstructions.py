"""Show real observations and what autoencoders give back."""

from convatlas.evaluation.autoencoder_tables import real_and_outputs
from convatlas.figures.reconstruction import plot_reconstructions
from convatlas.job import start_job
from convatlas.tables import read_named

with start_job(snakemake):
    real, outputs = real_and_outputs(
        read_named(snakemake.input.reconstructions),
        hidden=snakemake.params.options["hidden"],
        titles=snakemake.params.titles,
    )
    plot_reconstructions(real, outputs, snakemake.output[0])
