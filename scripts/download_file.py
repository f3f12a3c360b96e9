"""Take one declared file from cache, mirror or its urls, and verify it."""

from convatlas.catalog import Catalog
from convatlas.data.fetch import RemoteFile, choose_mirror, default_cache, fetch_file
from convatlas.job import logger, start_job

with start_job(snakemake) as job:
    source = fetch_file(
        RemoteFile.from_config(Catalog(snakemake.config).remote_file(snakemake.wildcards.name)),
        snakemake.output[0],
        mirror=choose_mirror(snakemake.config["mirror"]),
        cache=default_cache(),
        progress=job.progress,
    )
    logger.info("%s came from %s", snakemake.output[0], source)
