"""Read pictures, hold the last ones out, and bring all of them to one size."""

from convatlas.data.denoising_pictures import (
    divide_pictures,
    read_pictures,
    save_pictures,
    scale_pictures,
)
from convatlas.files import sha256_of, write_json
from convatlas.job import start_job

with start_job(snakemake):
    asked = snakemake.params.asked
    pictures = read_pictures(asked["kind"], snakemake.input, wanted=asked["pictures"])
    in_order = asked["kind"] == "photograph_squares"
    parts = divide_pictures(
        pictures, asked["held_out"], shuffle_seed=snakemake.params.seed if in_order else None
    )
    train, held_out = (scale_pictures(p, asked["side_pixels"], asked["filter"]) for p in parts)
    save_pictures(snakemake.output.pictures, {"train": train, "held_out": held_out})
    counts = {"pictures": len(pictures), "training": len(train), "held_out": len(held_out)}
    digest = sha256_of(snakemake.output.pictures)
    write_json(snakemake.output.witness, {"pictures_sha256": digest, **counts})
