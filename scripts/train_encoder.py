"""Train an encoder to find the styles of what a generator makes, in one pass."""

import torch

from convatlas.job import start_job
from convatlas.models.gan_files import load_generator
from convatlas.models.registry import save_weights
from convatlas.models.style_encoder import ENCODER, encoder_of
from convatlas.seeding import derive_seed
from convatlas.tables import write_csv
from convatlas.training.style_encoder import EncoderSettings, train_encoder

with start_job(snakemake) as job:
    painter, seed = snakemake.params.painter, snakemake.params.seed
    generator = load_generator(snakemake.input.weights, **painter).to(job.device)
    torch.manual_seed(derive_seed(seed, "weights of the encoder"))
    encoder = encoder_of(generator, resolution=painter["options"]["resolution"]).to(job.device)
    history = train_encoder(
        encoder,
        generator,
        EncoderSettings(**snakemake.params.encoder),
        seed=seed,
        checkpoint=job.checkpoint(
            snakemake.config["checkpoint_seconds"],
            strict=True,
            minutes=snakemake.config["stretch_minutes"],
        ),
        progress=job.progress,
    )
    save_weights(encoder, snakemake.output.weights, network=ENCODER)
    write_csv(snakemake.output.history, history.assign(device=job.device_name))
