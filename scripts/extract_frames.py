"""Write every frame of a clip as a picture, for people who want them."""

from convatlas.files import atomic_path, read_json
from convatlas.job import start_job
from convatlas.video.clip import Clip
from convatlas.video.stills import save_frames

with start_job(snakemake) as job:
    clip = Clip.from_json(read_json(snakemake.input.probed))
    with atomic_path(snakemake.output[0]) as folder:
        for done, _ in enumerate(save_frames(snakemake.input.clip, clip, folder), start=1):
            job.progress(done, clip.frames, "frames")
