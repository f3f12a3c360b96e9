"""Measure how near restyled clips come to paintings, each style over all clips."""

from convatlas.data.gallery import load_gallery
from convatlas.evaluation.manners import gather_videos, score_manners
from convatlas.evaluation.painting_features import load_features
from convatlas.evaluation.painting_scores import PaintingScores
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    given, asked, seed = snakemake.input, snakemake.params, snakemake.params.seed
    paintings = load_gallery(given.paintings)
    features, looks = (
        load_features(entry, next(iter(files), None), paintings, seed=seed)
        for entry, files in ((asked.features, given.features), (asked.looks, given.looks))
    )
    for described in (features, looks):
        described.network.to(job.device)
    table = score_manners(
        PaintingScores(features, paintings, seed=seed),
        looks,
        gather_videos(given.clips, asked.styles, given.videos),
        side=paintings.shape[1],
    )
    write_csv(snakemake.output.manners, table)
