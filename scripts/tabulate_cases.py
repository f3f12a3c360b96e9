"""Set what the lecture's slides print beside what comes out."""

import pandas as pd

from convatlas.evaluation.worked_cases import lay_out_cases
from convatlas.job import start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    write_csv(snakemake.output[0], lay_out_cases(pd.read_csv(snakemake.input.cases, dtype=str)))
