"""Draw a confusion matrix."""

import numpy as np

from convatlas.figures.confusion import plot_confusion
from convatlas.files import read_json
from convatlas.job import start_job

with start_job(snakemake):
    target = snakemake.params.options["target"]
    measured = read_json(snakemake.input.metrics[0])[target]
    plot_confusion(np.asarray(measured["confusion"]), snakemake.output[0])
