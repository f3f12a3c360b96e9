"""Decode a segment of a clip, restyle it and encode it, with no picture files in between."""

from convatlas.files import read_json
from convatlas.job import start_job
from convatlas.stylization.loading import load_stylizer
from convatlas.video.clip import Clip
from convatlas.video.segments import Segment
from convatlas.video.transform import transform_segment

with start_job(snakemake) as job:
    encoding, number = snakemake.params.encoding, int(snakemake.wildcards.segment)
    stylizer = load_stylizer(
        snakemake.params.style,
        weights=next(iter(snakemake.input.weights), None),
        pictures=snakemake.input.pictures,
        mask=next(iter(snakemake.input.mask), None),
        device=job.device,
        features=next(iter(snakemake.input.features), None),
        encoder=next(iter(snakemake.input.encoder), None),
    )
    transform_segment(
        snakemake.input.clip,
        Clip.from_json(read_json(snakemake.input.probed)),
        Segment(**read_json(snakemake.input.segments)[number]),
        stylizer,
        snakemake.output[0],
        batch=encoding["batch_size"],
        lead=getattr(stylizer, "lead", 0),
        crf=encoding["crf"],
        preset=encoding["preset"],
        progress=job.progress,
    )
