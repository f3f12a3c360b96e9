"""Train a network to paint from few pictures."""

from convatlas.data.gallery import load_gallery
from convatlas.job import start_job
from convatlas.models.gan_files import save_pair, save_snapshots
from convatlas.models.registry import build_model
from convatlas.tables import write_csv
from convatlas.training.adversarial import train_pair
from convatlas.training.painters import choose_steps

with start_job(snakemake) as job:
    painter, seed = snakemake.params.painter, snakemake.params.seed
    network, options = painter["network"], painter["options"]
    galleries = {part: load_gallery(path) for part, path in snakemake.input.items()}
    settings, kind = choose_steps(network, painter["training"], galleries)
    pair = build_model(network, seed=seed, options=options).to(job.device)
    trained = train_pair(
        pair,
        images=galleries["paintings"],
        settings=settings,
        snapshots=painter["snapshots"],
        seed=seed,
        checkpoint=job.checkpoint(
            snakemake.config["checkpoint_seconds"],
            strict=True,
            minutes=snakemake.config["stretch_minutes"],
        ),
        progress=job.progress,
        kind=kind,
    )
    write_csv(snakemake.output.steps, trained.steps)
    write_csv(snakemake.output.history, trained.epochs.assign(device=job.device_name))
    save_snapshots(snakemake.output.snapshots, trained.snapshots, network=network)
    save_pair(
        snakemake.output.weights, pair, averaged=trained.averaged, network=network, options=options
    )
