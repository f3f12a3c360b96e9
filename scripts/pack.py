"""Lay every downloaded file out as one folder that serves as a mirror elsewhere."""

from pathlib import Path

from convatlas.catalog import Catalog
from convatlas.data.fetch import RemoteFile, choose_mirror, default_cache, pack_files
from convatlas.job import start_job

with start_job(snakemake) as job:
    files = Catalog(snakemake.config).files_to_fetch().values()
    pack_files(
        [RemoteFile.from_config(file) for file in files],
        Path(snakemake.output[0]).parent,
        mirror=choose_mirror(snakemake.config["mirror"]),
        cache=default_cache(),
        progress=job.progress,
    )
