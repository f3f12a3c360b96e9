"""Fit a classifier on the training part; keep its last epoch or its best by validation."""

from convatlas.data.splits import load_part, monitored_part
from convatlas.job import start_job
from convatlas.models.registry import build_model, load_weights, save_weights
from convatlas.training.supervised import FitSettings, fit_classifier

with start_job(snakemake) as job:
    settings, seed = snakemake.params.model, int(snakemake.wildcards.seed)
    splits, where = snakemake.input.splits, {"scheme": settings["split"], "form": settings["form"]}
    model = build_model(settings["network"], seed=seed)
    if "initial" in settings:
        load_weights(model, snakemake.input.initial, network=settings["network"])
    history = fit_classifier(
        model.to(job.device),
        train=load_part(splits, part="train", **where),
        monitor=load_part(splits, part=monitored_part(splits, settings["split"]), **where),
        settings=FitSettings(**settings["training"], augmentation=settings["augmentation"]),
        seed=seed,
        checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
        progress=job.progress,
    )
    history.assign(device=job.device_name).to_csv(snakemake.output.history, index=False)
    save_weights(model, snakemake.output.weights, network=settings["network"])
