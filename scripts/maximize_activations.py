"""Seek pictures that filters answer most strongly, plainly and with regularisers."""

from convatlas.data.pan import sample_photographs
from convatlas.data.photographs import square_photographs
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.models.backbone_files import build_backbone
from convatlas.synthesis.activation_sheet import seek_sheet, summarise_sheet
from convatlas.synthesis.picture_files import save_rows

with start_job(snakemake) as job:
    asked, seed = snakemake.params.asked, snakemake.params.seed
    photographs = square_photographs(sample_photographs(), asked["pixels"])
    network = build_backbone(
        snakemake.params.backbone["network"],
        path=next(iter(snakemake.input.backbone), None),
        images=photographs,
        seed=seed,
    )
    rows, answers = seek_sheet(
        network.to(job.device), asked, images=photographs, seed=seed, progress=job.progress
    )
    save_rows(snakemake.output.pictures, rows)
    write_json(snakemake.output.metrics, summarise_sheet(answers, snakemake.params.features))
