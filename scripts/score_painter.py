"""Score the paintings of every snapshot: distances to real ones, copies, nearest ones."""

from convatlas.data.gallery import load_gallery
from convatlas.evaluation.painter_tables import PAINTED_FROM
from convatlas.evaluation.painting_features import load_features
from convatlas.evaluation.painting_scores import PaintingScores, save_neighbours, score_snapshots
from convatlas.evaluation.samples import load_samples
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    paintings, seed = load_gallery(snakemake.input.paintings), snakemake.params.seed
    samples = load_samples(snakemake.input.samples)
    weights = next(iter(snakemake.input.features), None)
    features = load_features(snakemake.params.features, weights, paintings, seed=seed)
    features.network.to(job.device)
    alike = load_features(
        snakemake.params.looks, next(iter(snakemake.input.looks), None), paintings, seed=seed
    )
    alike.network.to(job.device)
    scores = PaintingScores(features, paintings, seed=seed, looks=alike)
    painted_from = PAINTED_FROM[snakemake.params.translates]
    table = score_snapshots(scores, samples.pictures, painted_from=painted_from)
    write_csv(snakemake.output.scores, table)
    last = samples.pictures[max(samples.pictures)][: snakemake.params.shown]
    save_neighbours(snakemake.output.neighbours, last, *scores.neighbours(last))
