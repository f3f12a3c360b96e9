"""Join the segments without encoding them again, with the original's sound."""

import sys
from dataclasses import asdict

from convatlas.files import read_json, write_json
from convatlas.job import logger, start_job
from convatlas.video.assemble import assemble_video
from convatlas.video.check import check_assembled
from convatlas.video.clip import Clip

with start_job(snakemake) as job:
    clip = Clip.from_json(read_json(snakemake.input.probed))
    made = assemble_video(clip, snakemake.input.segments, snakemake.output.video)
    checked = check_assembled(clip, snakemake.output.video)
    told = [*made.notes, *([] if checked.kept else ["frames, times or sound are not all kept"])]
    for note in told:
        logger.info("%s", note)
        sys.stderr.write(f"{job.name}: {note}\n")
    facts = {**asdict(checked), "kept": checked.kept, "notes": told}
    write_json(snakemake.output.facts, facts)
