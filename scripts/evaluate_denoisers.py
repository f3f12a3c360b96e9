"""Measure every trained denoiser on held-out pictures, and summarise all of them."""

import pandas as pd

from convatlas.data.denoising_pictures import load_parts, load_pictures, save_pictures
from convatlas.evaluation.denoising import (
    describe_network,
    load_denoisers,
    score_learnt,
    score_networks,
)
from convatlas.evaluation.denoising_summary import summarise_denoisers
from convatlas.files import read_json, write_json
from convatlas.job import start_job
from convatlas.tables import read_named, write_csv

with start_job(snakemake) as job:
    asked, given = snakemake.params.asked, snakemake.input
    networks = load_denoisers(snakemake.params.networks, given.weights, job.device)
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
    scores = pd.concat([pd.read_csv(given.reference_scores), scores], ignore_index=True)
    metrics = summarise_denoisers(
        scores,
        read_named(given.histories),
        left_out=read_json(given.about)["left_out"],
        dataset=asked["dataset"],
        learnt=learnt,
        counts=snakemake.params.counts,
    )
    for name, network in networks.items():
        metrics[name]["network"] = describe_network(network)
    write_csv(snakemake.output.scores, scores)
    save_pictures(snakemake.output.pictures, {**load_parts(given.reference_pictures), **shown})
    write_json(snakemake.output.metrics, metrics)
