"""Read a published network from its files, and save its weights as this pipeline's own."""

from convatlas.job import start_job
from convatlas.models.published import read_published
from convatlas.models.registry import save_weights

with start_job(snakemake):
    network = snakemake.params.network
    model = read_published(network, dict(snakemake.input.items()))
    save_weights(model, snakemake.output.weights, network=network)
