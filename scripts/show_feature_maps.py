"""Show what channels of a feature network make of a photograph."""

from convatlas.data.pan import sample_photographs
from convatlas.data.photographs import square_photographs
from convatlas.job import start_job
from convatlas.models.backbone_files import build_backbone
from convatlas.synthesis.feature_maps import feature_maps, label_maps
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
    shown = feature_maps(
        network.to(job.device), photographs[0], layers=asked["layers"], count=asked["count"]
    )
    title = snakemake.params.backbone["title"]
    save_rows(snakemake.output.maps, label_maps(photographs[0], shown, title))
