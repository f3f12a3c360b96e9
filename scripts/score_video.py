"""Measure a restyled clip: flicker, style, edges, length and sound, beside the original."""

from convatlas.evaluation.restyling import describe_sound, score_video
from convatlas.evaluation.stills import save_stills
from convatlas.evaluation.style_features import features_maker
from convatlas.files import read_json, write_json
from convatlas.job import start_job
from convatlas.stylization.pictures import read_picture
from convatlas.video.clip import Clip

with start_job(snakemake) as job:
    scores, stills = score_video(
        snakemake.input.clip,
        Clip.from_json(read_json(snakemake.input.probed)),
        snakemake.input.video,
        styles=[read_picture(path) for path in snakemake.input.pictures],
        weights=snakemake.params.weights,
        make_features=features_maker(
            snakemake.params.backbone["network"],
            snakemake.input.backbone,
            seed=snakemake.params.seed,
            device=job.device,
        ),
        progress=job.progress,
    )
    named = {"clip": snakemake.wildcards.clip, "style": snakemake.wildcards.style}
    sound = describe_sound(read_json(snakemake.input.facts))
    write_json(
        snakemake.output.scores, {**named, "original": snakemake.input.clip, **scores, **sound}
    )
    save_stills(stills, snakemake.output.stills)
