"""Look for generated pictures, paintings and photographs in a generator's space of styles."""

from convatlas.data.gallery import load_gallery
from convatlas.evaluation.painting_features import load_backbone
from convatlas.job import start_job
from convatlas.models.gan_files import load_generator
from convatlas.synthesis.inversion_proof import prove_inversion
from convatlas.synthesis.invert import InversionSettings
from convatlas.synthesis.picture_files import save_rows
from convatlas.tables import write_csv

with start_job(snakemake) as job:
    inversion = dict(snakemake.params.inversion)
    paintings = load_gallery(snakemake.input.paintings)
    weights = next(iter(snakemake.input.features), None)
    backbone = load_backbone(
        inversion.pop("backbone"), weights, paintings, seed=snakemake.params.seed
    )
    generator = load_generator(snakemake.input.weights, **snakemake.params.painter)
    proof = prove_inversion(
        generator.to(job.device),
        backbone.to(job.device),
        {"learnt from": paintings, "photographs": load_gallery(snakemake.input.photographs)},
        InversionSettings.of(inversion),
        count=snakemake.params.each,
        seed=snakemake.params.seed,
    )
    save_rows(snakemake.output.rows, proof.rows)
    write_csv(snakemake.output.table, proof.table)
