"""Train a network to restyle in the manner of one picture, by perceptual loss."""

from convatlas.data.clip_frames import training_frames
from convatlas.job import start_job
from convatlas.models.backbone_files import build_backbone
from convatlas.models.registry import build_model, save_weights
from convatlas.stylization.pictures import STROKES_SIDE, read_picture
from convatlas.tables import write_csv
from convatlas.training.perceptual import PerceptualSettings, train_stylizer
from convatlas.video.flow import shrink

with start_job(snakemake) as job:
    asked, seed = dict(snakemake.params.training), snakemake.params.seed
    style = shrink(read_picture(snakemake.input.picture), STROKES_SIDE)
    images = training_frames(snakemake.input.clips, least=asked["settings"]["crop_pixels"])
    backbone = build_backbone(
        asked["features"], path=next(iter(snakemake.input.backbone), None), images=images, seed=seed
    )
    network = build_model("single_style.SingleStyle", seed=seed, options=asked["options"])
    history = train_stylizer(
        network.to(job.device),
        backbone.to(job.device),
        images=images,
        style=style,
        settings=PerceptualSettings.of(asked["settings"]),
        seed=seed,
        checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    write_csv(snakemake.output.history, history.assign(device=job.device_name))
    save_weights(network, snakemake.output.weights, network="single_style")
