"""Save config, versions, commit, machine, data digests, and time and memory of each step."""

from pathlib import Path

from convatlas.files import write_json, write_yaml
from convatlas.job import start_job
from convatlas.provenance import describe_run

with start_job(snakemake):
    run = describe_run(
        snakemake.params.config,
        repository=Path(snakemake.scriptdir).parent,
        witnesses=list(snakemake.input.witnesses),
        histories=list(snakemake.input.histories),
    )
    # what the documents show is a matter of the project, not of the run
    chosen = {key: value for key, value in run["config"].items() if key != "documents"}
    write_yaml(snakemake.output.config, chosen)
    write_json(snakemake.output.provenance, run)
