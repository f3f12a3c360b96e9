"""Draw confidence against accuracy."""

import pandas as pd

from convatlas.evaluation.classification import calibration_bins, calibration_error
from convatlas.figures.calibration import plot_calibration
from convatlas.job import start_job

with start_job(snakemake):
    table = pd.read_csv(snakemake.input.predictions[0])
    groups = {
        title: table[table["target"] == target]
        for target, title in snakemake.params.options["targets"].items()
    }
    plot_calibration(
        {title: calibration_bins(group) for title, group in groups.items()},
        {title: calibration_error(group) for title, group in groups.items()},
        snakemake.output[0],
    )
