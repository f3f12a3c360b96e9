"""Let a network see more in a photograph of what it sees already."""

from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.synthesis.dream import DreamSettings, dream_picture
from convatlas.synthesis.dream_scores import score_dream
from convatlas.synthesis.picture_files import Preview, save_picture
from convatlas.synthesis.sources import network_and_pictures

with start_job(snakemake) as job:
    asked, seed = dict(snakemake.params.asked), snakemake.params.seed
    backbone, pixels = asked.pop("backbone"), asked.pop("pixels")
    settings = DreamSettings.of(asked)
    # a guide goes through the network whole: it is to be no larger than a tile
    guided = [(file, min(pixels, settings.tile_pixels)) for file in snakemake.input.guide]
    network, (photograph, *guide) = network_and_pictures(
        backbone["network"],
        next(iter(snakemake.input.backbone), None),
        [(snakemake.input.photograph, pixels), *guided],
        seed=seed,
    )
    network = network.to(job.device)
    with Preview(snakemake.output.picture) as preview:
        picture = dream_picture(
            network,
            photograph,
            settings,
            guide=next(iter(guide), None),
            seed=seed,
            checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
            progress=job.progress,
            preview=preview,
        )
    channel = settings.channel if settings.class_index is None else settings.class_index
    scores = score_dream(network, photograph, picture, settings.layers, channel=channel)
    write_json(snakemake.output.scores, scores)
    save_picture(snakemake.output.picture, picture, made_by=backbone["title"])
