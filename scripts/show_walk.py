"""Walk through a painter's space of styles, as a clip."""

from convatlas.job import start_job
from convatlas.models.gan_files import load_generator
from convatlas.synthesis.latent_walk import WalkSettings, walk_frames
from convatlas.video.make import make_clip

FRAMES_PER_SECOND = 24

with start_job(snakemake) as job:
    encoding = snakemake.params.encoding
    generator = load_generator(snakemake.input.weights[0], **snakemake.params.painter).to(
        job.device
    )
    frames = walk_frames(
        generator,
        WalkSettings(**snakemake.params.walk),
        seed=snakemake.params.seed,
        progress=job.progress,
    )
    make_clip(
        frames,
        FRAMES_PER_SECOND,
        None,
        snakemake.output.clip,
        crf=encoding["crf"],
        preset=encoding["preset"],
        metadata={"title": snakemake.params.title, "comment": "a walk through a space of styles"},
    )
