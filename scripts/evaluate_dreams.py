"""Summarise dreams: the numbers that claims are judged by."""

from convatlas.evaluation.transfers import summarise_dreams
from convatlas.files import read_json, write_json
from convatlas.job import start_job

with start_job(snakemake):
    asked = snakemake.params.asked
    read = {
        name: read_json(path)
        for name, path in zip(asked["names"], snakemake.input.scores, strict=True)
    }
    features = dict(zip(asked["names"], asked["features"], strict=True))
    write_json(snakemake.output.metrics, summarise_dreams(read, features, asked["compared"]))
