"""Seconds that StyleGAN2 takes for a thousand pictures: the straightforward way, and ours.

The straightforward way is what the paper's equations say, word for word, on the same networks: the
weights of each picture written out and convolved in groups, one per picture, and both penalties at
every step. Ours scales the channels instead, and takes the penalties lazily. Between them stand
grouped convolutions with lazy penalties, and scaled channels with penalties at every step: which of
the two brings how much. All on the real paintings, at 64 pixels, light augmentation, in one process
and in turn; a ratio is the median over rounds of the ratio within a round.
"""

import argparse
import statistics
import time

from record import mirror, write_record

WAYS = {
    "straightforward": {"grouped": True, "every": 1},
    "grouped_lazy": {"grouped": True, "every": None},
    "scaled_eager": {"grouped": False, "every": 1},
    "ours": {"grouped": False, "every": None},
}
OPTIONS = {
    "resolution": 64,
    "latent_dim": 256,
    "channel_base": 4096,
    "channel_max": 256,
    "mapping_layers": 2,
}
BATCH, STEPS = 8, 16
"""Pictures of a step; steps that are timed: a whole round of the laziest penalty."""


def make_run(every: int | None):
    """Make a run of the training, its penalties lazy, or taken every so many steps."""
    import torch

    from convatlas.models.registry import build_model
    from convatlas.training.stylegan import StyleRun
    from convatlas.training.stylegan_settings import StyleSettings

    settings = StyleSettings(
        epochs=1,
        batch_size=BATCH,
        r1_gamma=0.05,
        r1_every=every or 16,
        path_every=every or 4,
        augmentation="light",
    )
    pair = build_model("stylegan2.StyleGAN2", seed=0, options=OPTIONS)
    run = StyleRun(pair.train(), settings, seed=0)
    run.order = torch.arange(10**6)
    return run


def measure(way: str, pictures) -> float:
    """Return the seconds for a thousand pictures of one way."""
    import functools

    from convatlas.models import stylegan_layers

    plain = stylegan_layers.modulated_convolution
    asked = WAYS[way]
    stylegan_layers.modulated_convolution = functools.partial(plain, grouped=asked["grouped"])
    try:
        run = make_run(asked["every"])
        run.position = BATCH  # a step without penalties, to warm up
        run.step(pictures[:BATCH])
        run.position = 0
        started = time.perf_counter()
        for step in range(STEPS):
            first = step * BATCH % len(pictures)
            run.step(pictures[first : first + BATCH])
            run.position += BATCH
        return 1000 * (time.perf_counter() - started) / (STEPS * BATCH)
    finally:
        stylegan_layers.modulated_convolution = plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    import torch

    from convatlas.data.gallery import read_folder
    from convatlas.training.adversarial_steps import to_unit_range

    torch.set_num_threads(options.threads)
    paintings = read_folder(mirror() / "monet" / "monet_jpg", OPTIONS["resolution"]).pictures
    pictures = to_unit_range(torch.from_numpy(paintings[: 16 * BATCH]).movedim(3, 1))
    rounds = [{way: measure(way, pictures) for way in WAYS} for _ in range(options.rounds)]
    numbers = {
        "threads": options.threads,
        "networks": OPTIONS,
        "batch": BATCH,
        "seconds_per_thousand": {
            way: round(statistics.median(one[way] for one in rounds), 1) for way in WAYS
        },
        **{
            f"{way}_over_straightforward": round(
                statistics.median(one[way] / one["straightforward"] for one in rounds), 3
            )
            for way in ("ours", "grouped_lazy", "scaled_eager")
        },
    }
    write_record("stylegan_throughput", "python tests/benchmarks/stylegan_throughput.py", numbers)


if __name__ == "__main__":
    main()
