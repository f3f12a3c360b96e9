"""Score the pictures of every snapshot: features, statistics, distances, classes."""

from convatlas.data.splits import load_part, monitored_part
from convatlas.evaluation.feature_networks import load_extractor
from convatlas.evaluation.gan_scores import save_described, score_snapshots
from convatlas.evaluation.samples import load_samples
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    splits, where = snakemake.input.splits, snakemake.params.part
    extractor = load_extractor(snakemake.params.features, snakemake.input.weights)
    parts = dict.fromkeys(["train", monitored_part(splits, where["scheme"]), "test"])
    scores, classes, described = score_snapshots(
        extractor.to(job.device),
        load_samples(snakemake.input.samples).pictures,
        {part: load_part(splits, part=part, **where) for part in parts},
        seed=snakemake.params.seed,
    )
    write_csv(snakemake.output.scores, scores)
    write_csv(snakemake.output.classes, classes)
    save_described(
        described, features=snakemake.output.features, statistics=snakemake.output.statistics
    )
