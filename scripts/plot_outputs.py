"""Draw true against predicted outputs of mixed models."""

import pandas as pd

from convatlas.data.partition import load_table
from convatlas.evaluation.origin_distances import true_and_predicted
from convatlas.figures.places import plot_true_against_predicted
from convatlas.job import start_job

with start_job(snakemake):
    options, table = snakemake.params.options, load_table(snakemake.input.partition)
    name = table.outputs[options["output"]]
    predictions = pd.read_csv(snakemake.input.predictions)
    plot_true_against_predicted(
        true_and_predicted(predictions, inputs=options["inputs"], output=name),
        snakemake.output[0],
        title=name.replace("_", " "),
        unit="degrees" if table.places else "",
    )
