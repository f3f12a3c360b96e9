"""Predict the digits of each target with the networks of all seeds, and measure."""

from convatlas.evaluation.targets import measure_targets
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.models.registry import build_model, load_weights

with start_job(snakemake) as job:
    network, seeds = snakemake.params.network, snakemake.params.seeds
    models = {
        seed: load_weights(build_model(network, seed=seed), path, network=network).to(job.device)
        for seed, path in zip(seeds, snakemake.input.weights, strict=True)
    }
    metrics, predictions = measure_targets(
        models, snakemake.params.targets, splits=list(snakemake.input.splits)
    )
    write_json(snakemake.output.metrics, metrics)
    predictions.to_csv(snakemake.output.predictions, index=False, float_format="%.6g")
