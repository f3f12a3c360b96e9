"""Make the clip that stands in for real ones: frames and sound, with no network."""

from convatlas.data.pan import FRAME_RATE, SAMPLE_RATE, SECONDS, chord, pan_frames
from convatlas.job import start_job
from convatlas.video.make import make_clip

with start_job(snakemake):
    make_clip(
        pan_frames(SECONDS * FRAME_RATE),
        FRAME_RATE,
        chord(SECONDS, sample_rate=SAMPLE_RATE),
        snakemake.output.clip,
        sample_rate=SAMPLE_RATE,
        metadata={"title": "A pan over scikit-learn's sample photographs, made by convatlas"},
    )
