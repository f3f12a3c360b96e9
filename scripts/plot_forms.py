"""Show own digits as they are and in MNIST form."""

from convatlas.data.digits import load_digits
from convatlas.data.selection import spread_by_class
from convatlas.figures.digits import plot_forms
from convatlas.job import start_job

with start_job(snakemake):
    digits = load_digits(snakemake.input.digits)
    chosen = spread_by_class(digits, per_class=4)
    plain, mnist_form = (digits.images(form)[chosen] for form in ("plain", "mnist_form"))
    source = digits.source[chosen]
    plot_forms(plain, mnist_form, digits.labels[chosen], snakemake.output[0], source=source)
