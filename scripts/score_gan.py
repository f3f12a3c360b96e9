"""Score the pictures of every snapshot: features, statistics, distances, classes."""

from functools import partial

from convatlas.data.splits import load_part, monitored_part
from convatlas.evaluation.feature_networks import load_extractor
from convatlas.evaluation.fid import save_statistics_in
from convatlas.evaluation.gan_scores import save_features, score_snapshots
from convatlas.evaluation.samples import load_samples
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    splits, where = snakemake.input.splits, snakemake.params.part
    extractor = load_extractor(snakemake.params.features, snakemake.input.weights)
    parts = dict.fromkeys(["train", monitored_part(splits, where["scheme"]), "test"])
    scores, classes, features = score_snapshots(
        extractor.to(job.device),
        load_samples(snakemake.input.samples).pictures,
        {part: load_part(splits, part=part, **where) for part in parts},
        seed=snakemake.params.seed,
        keep_statistics=partial(save_statistics_in, snakemake.output.statistics),
    )
    write_csv(snakemake.output.scores, scores)
    write_csv(snakemake.output.classes, classes)
    save_features(snakemake.output.features, features)
