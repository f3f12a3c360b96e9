"""Draw accuracy, precision and loss over epochs, with the spread over seeds."""

from convatlas.figures.curves import plot_learning_curves
from convatlas.job import start_job
from convatlas.tables import read_histories

with start_job(snakemake):
    options = snakemake.params.options
    plot_learning_curves(
        read_histories(snakemake.input.histories),
        snakemake.output[0],
        metrics=options["metrics"],
        parts=list(options["parts"]),
        titles=options["titles"],
        part_titles=options["parts"],
    )
