"""Ask the discriminator of every snapshot about generated, test and own digits."""

from convatlas.data.splits import load_part
from convatlas.evaluation.discriminator import judge_snapshots
from convatlas.evaluation.samples import load_samples
from convatlas.job import start_job
from convatlas.models.gan_files import Snapshots
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    gan, seed = snakemake.params.gan, int(snakemake.wildcards.seed)
    snapshots = Snapshots(snakemake.input.snapshots, network=gan["network"], options=gan["options"])
    table = judge_snapshots(
        snapshots,
        generated=load_samples(snakemake.input.samples).pictures,
        real={
            name: load_part(path, scheme=t["split"], part=t["part"], form=t["form"]).images
            for (name, t), path in zip(
                snakemake.params.targets.items(), snakemake.input.splits, strict=True
            )
        },
        batch_size=gan["training"]["batch_size"],
        seed=seed,
        device=job.device,
    )
    write_csv(snakemake.output.judgements, table)
