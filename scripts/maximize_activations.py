"""Seek pictures that filters answer most strongly, plainly and with regularisers."""

from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.synthesis.activation_sheet import seek_sheet, summarise_sheet
from convatlas.synthesis.picture_files import Preview, save_rows
from convatlas.synthesis.sources import network_and_photographs

with start_job(snakemake) as job:
    asked, seed = snakemake.params.asked, snakemake.params.seed
    network, photographs = network_and_photographs(
        snakemake.params.backbone["network"],
        next(iter(snakemake.input.backbone), None),
        pixels=asked["pixels"],
        seed=seed,
    )
    with Preview(snakemake.output.pictures) as preview:
        rows, answers = seek_sheet(
            network.to(job.device),
            asked,
            images=photographs,
            seed=seed,
            progress=job.progress,
            preview=preview,
            keep=job.pieces(snakemake.config["checkpoint_seconds"]),
        )
    if not snakemake.input.backbone:  # whatever an untrained network made says so
        rows = [(f"{label}\n(untrained)", pairs) for label, pairs in rows]
    save_rows(snakemake.output.pictures, rows)
    write_json(snakemake.output.metrics, summarise_sheet(answers, snakemake.params.features))
