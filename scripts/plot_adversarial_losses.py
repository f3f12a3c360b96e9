"""Draw what generator and discriminator lose per step, and what the latter answers."""

from convatlas.figures.adversarial import plot_adversarial_losses
from convatlas.job import start_job
from convatlas.tables import read_gans

with start_job(snakemake):
    plot_adversarial_losses(
        read_gans(snakemake.input.steps), snakemake.output[0], titles=snakemake.params.titles
    )
