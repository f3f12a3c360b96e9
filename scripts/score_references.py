"""Measure what denoisers are compared with: the noisy input, a blur, non-local means, BM3D."""

from convatlas.data.denoising_pictures import load_pictures, save_pictures
from convatlas.evaluation.denoising_references import score_references
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    asked, pictures = snakemake.params.asked, snakemake.input.pictures
    scores, shown, about = score_references(
        asked["references"],
        load_pictures(pictures, "train"),
        load_pictures(pictures, "held_out", asked["measured_pictures"]),
        sigmas=asked["sigmas"],
        seed=snakemake.params.seed,
        shown=asked["shown_pictures"],
        progress=job.progress,
    )
    write_csv(snakemake.output.scores, scores)
    save_pictures(snakemake.output.pictures, shown)
    write_json(snakemake.output.about, about)
