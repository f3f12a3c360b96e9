"""Summarise transfers of style: the numbers that claims are judged by."""

import pandas as pd

from convatlas.evaluation.transfers import summarise_transfers
from convatlas.files import write_json
from convatlas.job import start_job

with start_job(snakemake):
    asked = snakemake.params.asked
    read = {
        name: pd.read_csv(path)
        for name, path in zip(asked["names"], snakemake.input.histories, strict=True)
    }
    features = dict(zip(asked["names"], asked["features"], strict=True))
    write_json(snakemake.output.metrics, summarise_transfers(read, features, asked["compared"]))
