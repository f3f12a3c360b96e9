"""Read pictures of any kind and size, and bring them to squares of one size."""

from convatlas.data.gallery import describe_gallery, open_gallery, save_gallery
from convatlas.files import write_json
from convatlas.job import logger, start_job
from convatlas.tables import write_csv

with start_job(snakemake):
    gallery = open_gallery(
        snakemake.params.gallery,
        {name: path for name, path in snakemake.input.items() if name != "pictures"},
        side=int(snakemake.wildcards.side),
    )
    told = describe_gallery(gallery)
    logger.info("%s", told)
    save_gallery(snakemake.output.pictures, gallery)
    write_csv(snakemake.output.rejected, gallery.rejected)
    write_json(snakemake.output.witness, told)
