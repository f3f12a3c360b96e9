"""Find the best, the median and the worst network of a grid on validation data."""

from convatlas.evaluation.grids import (
    choose,
    chosen_histories,
    find_best,
    list_results,
    measure_grid,
    read_grid,
)
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.models.perceptron_file import save_perceptrons
from convatlas.tables import write_csv

with start_job(snakemake):
    seeds, rates = snakemake.params.seeds, snakemake.params.shown_rates
    histories = read_grid(snakemake.input.histories)
    results = list_results(histories)
    first = results[results["seed"] == seeds[0]]
    among = first[first["rate"].isin(rates)]
    write_csv(snakemake.output.results, results)
    write_csv(snakemake.output.chosen, chosen_histories(histories, choose(among)))
    measured = measure_grid(
        results, dataset=snakemake.params.dataset, seeds=seeds, shown_rates=rates
    )
    write_json(snakemake.output.metrics, measured)
    save_perceptrons(snakemake.output.best, find_best(snakemake.input.best, among))
