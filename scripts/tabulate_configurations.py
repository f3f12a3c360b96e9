"""Lay out landmark networks beside one another, or their parameters beside what is stated."""

import pandas as pd

from convatlas.evaluation.landmark_tables import compare_parameters, lay_out_configurations
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    options = snakemake.params.options
    table = pd.read_csv(snakemake.input.landmarks, keep_default_na=False)
    if "reference" in options:
        laid_out = compare_parameters(table, options["landmarks"], options["reference"])
    else:
        laid_out = lay_out_configurations(table, options["landmarks"])
    write_csv(snakemake.output[0], laid_out)
