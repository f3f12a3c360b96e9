"""Draw a picture that needs no network, or take it from where a library has it."""

from PIL import Image

from convatlas.data.made_pictures import make_picture
from convatlas.files import atomic_path
from convatlas.job import start_job

with start_job(snakemake), atomic_path(snakemake.output.picture) as part:
    made = make_picture(snakemake.params.kind, seed=snakemake.params.seed)
    Image.fromarray(made).save(part)
