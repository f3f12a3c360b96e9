"""Show what a generator made of the same latent vectors, and real digits."""

from convatlas.data.splits import load_part
from convatlas.evaluation.samples import choose_epochs, load_samples
from convatlas.figures.generated import plot_generated
from convatlas.job import start_job

with start_job(snakemake):
    options = snakemake.params.options
    samples = load_samples(snakemake.input.samples[0])
    groups = {
        f"epoch {epoch}": samples.fixed[epoch]
        for epoch in choose_epochs(samples, options.get("epochs"))
    }
    if options.get("real"):
        train = load_part(snakemake.input.splits, part="train", **snakemake.params.part)
        groups = {"real": train.images[:64], **groups}
    plot_generated(groups, snakemake.output[0])
