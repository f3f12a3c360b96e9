"""Join the segments without encoding them again, with the original's sound."""

from dataclasses import asdict

from convatlas.files import read_json, write_json
from convatlas.job import logger, start_job
from convatlas.video.assemble import assemble_video
from convatlas.video.check import check_assembled
from convatlas.video.clip import Clip

with start_job(snakemake):
    clip = Clip.from_json(read_json(snakemake.input.probed))
    made = assemble_video(clip, snakemake.input.segments, snakemake.output.video)
    for note in made.notes:
        logger.info("%s", note)
    facts = asdict(check_assembled(clip, snakemake.output.video))
    write_json(snakemake.output.facts, {**facts, "notes": made.notes})
