"""Put the original and the restyled clip beside one another."""

from convatlas.files import read_json
from convatlas.job import logger, start_job
from convatlas.video.clip import Clip
from convatlas.video.compare import side_by_side

with start_job(snakemake):
    made = side_by_side(
        Clip.from_json(read_json(snakemake.input.probed)),
        snakemake.input.video,
        snakemake.output[0],
        crf=snakemake.params.encoding["crf"],
        preset=snakemake.params.encoding["preset"],
    )
    for note in made.notes:
        logger.info("%s", note)
