"""Draw what each cause adds to the error of an autoencoder."""

from convatlas.evaluation.autoencoder_tables import list_ablation, list_floors
from convatlas.figures.ablation import plot_ablation
from convatlas.job import start_job
from convatlas.tables import read_metrics

with start_job(snakemake):
    rows, metrics = snakemake.params.options["rows"], read_metrics(snakemake.input.metrics)
    plot_ablation(list_ablation(rows, metrics), snakemake.output[0], floor=list_floors(metrics))
