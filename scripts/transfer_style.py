"""Give a photograph the style of other pictures, by optimisation of its pixels."""

from convatlas.job import start_job
from convatlas.stylization.pictures import read_mask, resize_mask
from convatlas.synthesis.gatys import transfer_style
from convatlas.synthesis.gatys_settings import GatysSettings
from convatlas.synthesis.picture_files import Preview, save_picture
from convatlas.synthesis.sources import network_and_pictures
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    asked, seed = dict(snakemake.params.asked), snakemake.params.seed
    backbone, pixels = asked.pop("backbone"), asked.pop("pixels")
    strokes = asked.pop("style_pixels", pixels)
    network, (photograph, *styles) = network_and_pictures(
        backbone["network"],
        next(iter(snakemake.input.backbone), None),
        [(snakemake.input.photograph, pixels), *((s, strokes) for s in snakemake.input.styles)],
        pooling=asked.pop("pooling", "max"),
        seed=seed,
    )
    mask = [resize_mask(read_mask(path), *photograph.shape[:2]) for path in snakemake.input.mask]
    with Preview(snakemake.output.picture) as preview:
        picture, history = transfer_style(
            network.to(job.device),
            photograph,
            styles,
            shares=asked.pop("shares", None),
            settings=GatysSettings.of(asked),
            mask=next(iter(mask), None),
            seed=seed,
            checkpoint=job.checkpoint(snakemake.config["checkpoint_seconds"]),
            progress=job.progress,
            preview=preview,
        )
    write_csv(snakemake.output.history, history.assign(device=job.device_name))
    save_picture(snakemake.output.picture, picture, made_by=backbone["title"])
