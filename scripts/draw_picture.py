"""Draw the picture that stands in for a painting, with no network."""

from PIL import Image

from convatlas.data.drawn_style import draw_style
from convatlas.files import atomic_path
from convatlas.job import start_job

with start_job(snakemake), atomic_path(snakemake.output.picture) as part:
    Image.fromarray(draw_style(seed=snakemake.params.seed)).save(part)
