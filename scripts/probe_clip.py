"""Look at every frame of a clip once: when it is shown, how it is kept; plan its segments."""

import sys
from dataclasses import asdict

from convatlas.files import write_json
from convatlas.job import logger, start_job
from convatlas.video.probe import probe_clip
from convatlas.video.segments import plan_segments

with start_job(snakemake) as job:
    clip = probe_clip(snakemake.input.clip)
    segments = plan_segments(clip, seconds=snakemake.params.seconds)
    if clip.damage:
        logger.warning("%s: %s", snakemake.input.clip, clip.damage)
        sys.stderr.write(f"{job.name}: {snakemake.input.clip} is damaged: {clip.damage}\n")
    write_json(snakemake.output.clip, clip.to_json())
    write_json(snakemake.output.segments, [asdict(segment) for segment in segments])
