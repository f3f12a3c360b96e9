"""Save config, versions, commit, machine, data digests, and time and memory of each step."""

from pathlib import Path

from convatlas.files import write_json, write_yaml
from convatlas.job import start_job
from convatlas.provenance import describe_run

with start_job(snakemake):
    run = describe_run(
        snakemake.params.config,
        repository=Path(snakemake.scriptdir).parent,
        splits=list(snakemake.input.splits),
        histories=list(snakemake.input.histories),
    )
    write_yaml(snakemake.output.config, run["config"])
    write_json(snakemake.output.provenance, run)
