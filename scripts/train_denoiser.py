"""Train a network to take noise out of pictures."""

from convatlas.data.denoising_pictures import load_pictures
from convatlas.job import start_job
from convatlas.models.registry import build_model, save_weights
from convatlas.tables import write_csv
from convatlas.training.denoising import train_denoiser
from convatlas.training.denoising_settings import DenoisingSettings

with start_job(snakemake) as job:
    asked, seed = snakemake.params.denoiser, int(snakemake.wildcards.seed)
    network = build_model(asked["network"], seed=seed, options=asked["options"]).to(job.device)
    history = train_denoiser(
        network,
        pictures=load_pictures(snakemake.input.pictures, "train", asked["pictures"]),
        held_out=load_pictures(snakemake.input.pictures, "held_out"),
        settings=DenoisingSettings.of(asked["training"], asked["sigma"]),
        seed=seed,
        checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    write_csv(snakemake.output.history, history.assign(device=job.device_name))
    save_weights(network, snakemake.output.weights, network=asked["network"])
