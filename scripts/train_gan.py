"""Train a generator and its discriminator on the training part."""

from convatlas.data.classes import refuse_one_class
from convatlas.data.splits import load_part
from convatlas.job import start_job
from convatlas.models.gan_files import save_pair, save_snapshots
from convatlas.models.registry import build_model
from convatlas.tables import write_csv
from convatlas.training.adversarial import AdversarialSettings, train_pair

with start_job(snakemake) as job:
    gan, seed = snakemake.params.gan, int(snakemake.wildcards.seed)
    train = load_part(snakemake.input.splits, scheme=gan["split"], part="train", form=gan["form"])
    refuse_one_class(train, "to learn from")
    pair = build_model(gan["network"], seed=seed, options=gan["options"]).to(job.device)
    trained = train_pair(
        pair,
        images=train.images,
        settings=AdversarialSettings.of(gan["training"]),
        snapshots=gan["snapshots"],
        seed=seed,
        checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    write_csv(snakemake.output.steps, trained.steps)
    write_csv(snakemake.output.history, trained.epochs.assign(device=job.device_name))
    save_snapshots(snakemake.output.snapshots, trained.snapshots, network=gan["network"])
    save_pair(snakemake.output.weights, pair, averaged=trained.averaged, network=gan["network"])
