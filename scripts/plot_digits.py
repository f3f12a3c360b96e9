"""Show digits of a dataset, a class a row."""

from convatlas.data.digits import load_digits
from convatlas.data.selection import spread_by_class
from convatlas.figures.digits import plot_digits
from convatlas.job import start_job

with start_job(snakemake):
    options, digits = snakemake.params.options, load_digits(snakemake.input.digits)
    shown = spread_by_class(digits, per_class=len(digits), writer=options.get("writer"))
    images = digits.images(options["form"])
    plot_digits(images[shown], digits.labels[shown], snakemake.output[0], per_class=10)
