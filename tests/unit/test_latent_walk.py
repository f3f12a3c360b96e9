"""A walk through a space of styles: smooth, closed, past its stops."""

import numpy as np
import torch

from convatlas.models.registry import build_model
from convatlas.synthesis.latent_walk import WalkSettings, closed_curve, walk_frames

SETTINGS = WalkSettings(stops=3, frames_between=4, rows=1, columns=2, side_pixels=24)


def generator():
    options = {"resolution": 8, "latent_dim": 6, "channel_base": 32, "channel_max": 4}
    return build_model("stylegan2.StyleGAN2", seed=0, options=options).generator


def test_a_curve_passes_its_stops_and_comes_back_smoothly():
    stops = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    curve = closed_curve(stops, 10)
    assert curve.shape == (50, 3)
    torch.testing.assert_close(curve[::10], stops)
    steps = torch.diff(torch.cat([curve, curve[:2]]), dim=0)
    bends = torch.diff(steps, dim=0).norm(dim=1)
    # a corner, where straight lines meet, bends by as much as a step
    assert bends.max() < 0.4 * steps.norm(dim=1).mean(), "nowhere a corner, at the end neither"


def test_frames_show_walks_side_by_side_and_are_the_same_twice():
    one, other = (list(walk_frames(generator(), SETTINGS, seed=1)) for _ in range(2))
    assert len(one) == 12
    assert one[0].shape == (24, 48, 3)
    assert one[0].dtype == np.uint8
    np.testing.assert_array_equal(one, other)
    assert (one[0][:, :24] != one[0][:, 24:]).any(), "two walks, not one twice"


def test_without_truncation_to_the_mean_pictures_move():
    still = WalkSettings(**{**vars(SETTINGS), "truncation": 0.0})
    frames = np.stack(list(walk_frames(generator(), still, seed=1)))
    assert (frames == frames[0]).all()
    frames = np.stack(list(walk_frames(generator(), SETTINGS, seed=1)))
    assert (frames != frames[0]).any()


def test_progress_counts_frames():
    told = []
    list(walk_frames(generator(), SETTINGS, seed=1, progress=lambda *step: told.append(step[:2])))
    assert told == [(number, 12) for number in range(1, 13)]
