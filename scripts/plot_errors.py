"""Draw the errors of autoencoders over epochs."""

from convatlas.evaluation.autoencoder_tables import errors_over_epochs, final_errors
from convatlas.figures.reconstruction import plot_errors
from convatlas.job import start_job
from convatlas.tables import read_metrics, read_named

with start_job(snakemake):
    options, titles = snakemake.params.options, snakemake.params.titles
    hidden = options["hidden"]
    histories = read_named(snakemake.input.histories)
    metrics = read_metrics(snakemake.input.metrics)
    plot_errors(
        errors_over_epochs(histories, hidden=hidden, titles=titles),
        final_errors(metrics, hidden=hidden, titles=titles),
        snakemake.output[0],
    )
