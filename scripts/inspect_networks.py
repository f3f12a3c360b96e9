"""Send an input through every network that is drawn, and list the layers that it passes."""

from convatlas.evaluation.architectures import metrics_of_architectures, tabulate_architectures
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    fitted = dict(zip(snakemake.params.fitted, snakemake.input.fitted, strict=True))
    table = tabulate_architectures(snakemake.params.networks, fitted)
    write_csv(snakemake.output.layers, table)
    write_json(snakemake.output.metrics, metrics_of_architectures(table))
