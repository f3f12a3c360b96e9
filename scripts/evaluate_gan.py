"""Summarise a GAN over its seeds: distances, classes, what its discriminator says."""

from convatlas.evaluation.gan_metrics import measure_gan
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.tables import read_gans

with start_job(snakemake):
    write_json(
        snakemake.output.metrics,
        measure_gan(
            scores=read_gans(snakemake.input.scores),
            classes=read_gans(snakemake.input.classes),
            judgements=read_gans(snakemake.input.judgements),
            datasets=snakemake.params.datasets,
            read_by=snakemake.params.features["name"],
        ),
    )
