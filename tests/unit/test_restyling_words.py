"""How a clip was restyled, in words for the report."""

import copy

import pytest
from test_settings import REAL

from convatlas.report.restyling import describe_style


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("starry_night", ["style of Vincent van Gogh", "stabilised"]),
        ("starry_night_per_frame", ["every frame by itself"]),
        ("monet_translated", ["CycleGAN", "learnt from 300 paintings by Monet", "256x256 pixels"]),
        (
            "monet_inverted",
            [
                "200 steps for a first frame, 30 for each after it",
                "from where the one before ended",
            ],
        ),
        ("monet_encoded", ["10 steps for each frame", "every frame by itself"]),
        ("monet_optimised", ["150 steps", "144 pixels of its shorter side", "VGG-19 compressed"]),
    ],
)
def test_a_style_is_told_by_what_makes_it(style, words):
    config = copy.deepcopy(REAL)
    config["galleries"]["paintings"] = "monet"
    told = describe_style(style, config)
    for word in words:
        assert word in told
