"""Take the generator out of a trained painter, for videos."""

from convatlas.job import start_job
from convatlas.models.gan_files import load_generator
from convatlas.models.painter_files import as_stylizer
from convatlas.models.registry import save_weights

with start_job(snakemake):
    painter, network = snakemake.params.painter, snakemake.params.network
    generator = load_generator(snakemake.input.weights, **painter)
    save_weights(
        as_stylizer(generator),
        snakemake.output.weights,
        network=network,
        options=painter["options"],
    )
