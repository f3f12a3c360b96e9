"""Zoom into a dream: every frame is the last one, enlarged and dreamt on."""

from convatlas.job import start_job
from convatlas.synthesis.dream_zoom import ZoomSettings, dream_zoom
from convatlas.synthesis.picture_files import Preview
from convatlas.synthesis.sources import network_and_pictures

with start_job(snakemake) as job:
    asked, seed = dict(snakemake.params.asked), snakemake.params.seed
    backbone, pixels = asked.pop("backbone"), asked.pop("pixels")
    network, (picture,) = network_and_pictures(
        backbone["network"],
        next(iter(snakemake.input.backbone), None),
        [(snakemake.input.picture, pixels)],
        seed=seed,
    )
    with Preview(snakemake.output.clip) as preview:
        dream_zoom(
            network.to(job.device),
            picture,
            ZoomSettings.of(asked),
            snakemake.output.clip,
            seed=seed,
            checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
            progress=job.progress,
            preview=preview,
            crf=snakemake.params.encoding["crf"],
            preset=snakemake.params.encoding["preset"],
            metadata={
                "title": snakemake.params.title,
                "comment": f"features of {backbone['title']}",
            },
        )
