"""Paint with the generator of every snapshot."""

from convatlas.data.gallery import load_gallery
from convatlas.evaluation.painting import paint_snapshots
from convatlas.evaluation.samples import save_samples
from convatlas.job import start_job
from convatlas.models.gan_files import Snapshots

with start_job(snakemake) as job:
    painter, counts = snakemake.params.painter, snakemake.params.counts
    photographs = snakemake.input.get("photographs")
    samples = paint_snapshots(
        Snapshots(snakemake.input.snapshots, **painter),
        count=counts["samples"],
        shown=counts["shown"],
        seed=snakemake.params.seed,
        device=job.device,
        photographs=load_gallery(photographs) if photographs else None,
    )
    save_samples(snakemake.output.samples, samples)
