"""Train a network to restyle in the manner of one picture, by perceptual loss."""

from convatlas.data.clip_frames import training_frames
from convatlas.evaluation.style_features import load_backbone
from convatlas.job import start_job
from convatlas.models.registry import build_model, save_weights
from convatlas.stylization.pictures import read_picture
from convatlas.tables import write_csv
from convatlas.training.perceptual import PerceptualSettings, train_stylizer

with start_job(snakemake) as job:
    asked, seed = dict(snakemake.params.training), snakemake.params.seed
    style = read_picture(snakemake.input.picture)
    images = training_frames(snakemake.input.clips, least=asked["settings"]["crop_pixels"])
    network = build_model("single_style.SingleStyle", seed=seed, options=asked["options"])
    history = train_stylizer(
        network.to(job.device),
        load_backbone(asked["features"], snakemake.input.backbone, images, seed).to(job.device),
        images=images,
        style=style,
        settings=PerceptualSettings.of(asked["settings"]),
        seed=seed,
        checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    write_csv(snakemake.output.history, history.assign(device=job.device_name))
    save_weights(network, snakemake.output.weights, network="single_style")
