"""Take one painting out of a gallery, as the picture of a style."""

from PIL import Image

from convatlas.data.gallery import load_gallery, pick_painting
from convatlas.files import atomic_path
from convatlas.job import start_job

with start_job(snakemake), atomic_path(snakemake.output.picture) as part:
    painting = pick_painting(load_gallery(snakemake.input.pictures), snakemake.params.number)
    Image.fromarray(painting).save(part)
