"""Draw worked cases number by number: the window, what goes in and what comes out."""

from convatlas.evaluation.worked_cases import steps_of
from convatlas.figures.convolution import plot_steps
from convatlas.job import start_job

with start_job(snakemake):
    plot_steps([steps_of(case) for case in snakemake.params.cases], snakemake.output[0])
