"""Draw the densities of real and reconstructed variables."""

from convatlas.evaluation.autoencoder_tables import real_and_outputs
from convatlas.figures.reconstruction import plot_densities
from convatlas.job import start_job
from convatlas.tables import read_named

with start_job(snakemake):
    real, outputs = real_and_outputs(
        read_named(snakemake.input.reconstructions),
        hidden=snakemake.params.options["hidden"],
        titles=snakemake.params.titles,
    )
    plot_densities(real, outputs, snakemake.output[0])
