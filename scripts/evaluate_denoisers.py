"""Measure every trained denoiser on held-out pictures, and summarise all of them."""

import pandas as pd

from convatlas.data.denoising_pictures import load_parts, load_pictures, save_pictures
from convatlas.evaluation.denoising import (
    describe_network,
    load_denoiser,
    score_learnt,
    score_networks,
)
from convatlas.evaluation.denoising_summary import summarise_denoisers
from convatlas.files import read_json, write_json
from convatlas.job import start_job
from convatlas.tables import read_repeated, write_csv

with start_job(snakemake) as job:
    asked, given = snakemake.params.asked, snakemake.input
    seeds = snakemake.params.seeds
    paths = iter(given.weights)  # denoiser by denoiser, seed by seed
    networks = {
        name: [load_denoiser(entry, next(paths), job.device) for _ in seeds[name]]
        for name, entry in snakemake.params.networks.items()
    }
    scores, shown = score_networks(
        networks,
        load_pictures(given.pictures, "held_out", asked["measured_pictures"]),
        sigmas=asked["sigmas"],
        seed=snakemake.params.seed,
        shown=asked["shown_pictures"],
    )
    learnt = score_learnt(
        networks,
        load_pictures(given.pictures, "train")[: asked["measured_pictures"]],
        snakemake.params.counts,
        sigma=asked["sigmas"][0],
        seed=snakemake.params.seed,
    )
    references = pd.read_csv(given.reference_scores).assign(training=0)
    scores = pd.concat([references, scores], ignore_index=True)
    metrics = summarise_denoisers(
        scores,
        read_repeated(given.histories),
        left_out=read_json(given.about)["left_out"],
        dataset=asked["dataset"],
        learnt=learnt,
        counts=snakemake.params.counts,
    )
    for name, trained in networks.items():
        metrics[name]["network"] = describe_network(trained[0])
    write_csv(snakemake.output.scores, scores)
    save_pictures(snakemake.output.pictures, {**load_parts(given.reference_pictures), **shown})
    write_json(snakemake.output.metrics, metrics)
