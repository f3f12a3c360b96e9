"""Compute the worked cases of the lecture on convolutions, and tables of landmark networks."""

from convatlas.data.pan import sample_photographs
from convatlas.evaluation.filtered import save_filtered
from convatlas.evaluation.landmark_tables import metrics_of_landmarks, tabulate_landmarks
from convatlas.evaluation.worked_cases import compare_cases, metrics_of_cases
from convatlas.files import write_json
from convatlas.job import start_job
from convatlas.models.classic_filters import filter_photograph
from convatlas.tables import write_csv

with start_job(snakemake):
    cases, seed = snakemake.params.cases, snakemake.params.seed
    landmarks = tabulate_landmarks(snakemake.params.landmarks)
    photograph = sample_photographs()[0]
    write_csv(snakemake.output.cases, compare_cases(cases, seed=seed))
    write_csv(snakemake.output.landmarks, landmarks)
    save_filtered(snakemake.output.filtered, photograph, filter_photograph(photograph))
    metrics = metrics_of_cases(cases, seed=seed) | metrics_of_landmarks(landmarks)
    write_json(snakemake.output.metrics, metrics)
