"""Write the report, a page a study, that opens with no network."""

from pathlib import Path

from convatlas.files import read_json
from convatlas.job import logger, start_job
from convatlas.report.build import build_report
from convatlas.report.restyling import describe_videos
from convatlas.report.studies import data_notice, describe_studies

with start_job(snakemake):
    run = read_json(snakemake.input.provenance)
    destination = Path(snakemake.output[0]).parent
    made = build_report(
        studies=describe_studies(snakemake.params.documents, snakemake.params.studies, run),
        artefacts={
            name: destination.parent / "studies" / name for name in snakemake.params.studies
        },
        provenance=run,
        data_notice=data_notice(run),
        audit={"digits": snakemake.input.digits, "rejected": snakemake.input.rejected},
        destination=destination,
        created=run["created"],
        videos=describe_videos(run, destination.parent),
    )
    logger.info("%d pages, %d bytes, missing: %s", len(made.pages), made.bytes, made.missing)
