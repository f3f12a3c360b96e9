"""Draw how far each predictor's outputs are from the true ones."""

import pandas as pd

from convatlas.figures.places import plot_distances
from convatlas.job import start_job

with start_job(snakemake):
    options, distances = snakemake.params.options, pd.read_csv(snakemake.input.distances)
    in_km = snakemake.params.places
    plot_distances(
        distances[distances["measure"] == options["measure"]],
        snakemake.output[0],
        unit="km" if in_km else "distance of scaled outputs",
        reference=options.get("reference") if in_km else None,
    )
