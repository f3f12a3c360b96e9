"""Generate pictures with the generator of every snapshot."""

from convatlas.evaluation.samples import save_samples
from convatlas.evaluation.sampling import sample_snapshots
from convatlas.job import start_job
from convatlas.models.gan_files import Snapshots

with start_job(snakemake) as job:
    gan, seed = snakemake.params.gan, int(snakemake.wildcards.seed)
    snapshots = Snapshots(snakemake.input.snapshots, network=gan["network"], options=gan["options"])
    samples = sample_snapshots(
        snapshots, count=snakemake.params.samples, seed=seed, device=job.device
    )
    save_samples(snakemake.output.samples, samples)
