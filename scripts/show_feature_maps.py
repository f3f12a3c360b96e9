"""Show what channels of a feature network make of a photograph."""

from convatlas.job import start_job
from convatlas.synthesis.feature_maps import feature_maps, label_maps
from convatlas.synthesis.picture_files import save_rows
from convatlas.synthesis.sources import network_and_photographs

with start_job(snakemake) as job:
    asked, seed = snakemake.params.asked, snakemake.params.seed
    network, photographs = network_and_photographs(
        snakemake.params.backbone["network"],
        next(iter(snakemake.input.backbone), None),
        pixels=asked["pixels"],
        seed=seed,
    )
    shown = feature_maps(
        network.to(job.device), photographs[0], layers=asked["layers"], count=asked["count"]
    )
    title = snakemake.params.backbone["title"]
    save_rows(snakemake.output.maps, label_maps(photographs[0], shown, title))
