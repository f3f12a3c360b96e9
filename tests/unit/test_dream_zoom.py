"""Zooms into dreams: enlarged rightly, dreamt on, the same after a stop, a clip that plays."""

import itertools

import av
import numpy as np
import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.backbones import VGG, draw_backbone
from convatlas.synthesis.dream import dream_picture
from convatlas.synthesis.dream_zoom import ZoomSettings, dream_zoom, enlarge, zoom_frames
from convatlas.training.checkpoint import Checkpoint
from convatlas.video.probe import probe_clip

RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.integers(0, 256, (7, 9, 3)).astype(np.uint8).repeat(7, 0).repeat(7, 1)
FEW = {"layers": ["conv2_1"], "steps": 2, "step_size": 0.02, "jitter_pixels": 4, "frames": 5,
       "frames_per_second": 12, "zoom": 1.1}  # fmt: skip


@pytest.fixture(scope="module")
def network():
    unit = torch.from_numpy(PICTURE).permute(2, 0, 1)[None].float() / 255
    return draw_backbone(unit, seed=0, widths=(4, 6, 8, 8, 8))


def frames(network, **changes):
    return list(zoom_frames(network, PICTURE, ZoomSettings.of(FEW | changes), seed=3))


@pytest.mark.parametrize("factor", [1.0, 1.02, 1.5])
def test_a_ramp_becomes_flatter_about_the_centre(factor):
    """Bicubic gives a straight line back as one: with a slope that is the factor less."""
    height, width = 40, 61
    down, across = np.mgrid[:height, :width]
    ramp = np.stack([4 * across, 255 - 4 * across, 6 * down], 2).astype(np.uint8)
    found = enlarge(ramp, factor).astype(float)
    middle = ((width - 1) / 2, (height - 1) / 2)
    x, y = (m + (a - m) / factor for m, a in zip(middle, (across, down), strict=True))
    expected = np.stack([4 * x, 255 - 4 * x, 6 * y], 2)
    inside = (slice(3, -3), slice(3, -3))  # at the edge there is nothing beyond to bend towards
    assert np.abs(found - expected)[inside].max() <= 1
    assert found.shape == ramp.shape


def test_each_frame_is_the_last_one_enlarged_and_dreamt_on(network):
    settings = ZoomSettings.of(FEW)
    made = frames(network)
    assert len(made) == 5
    assert settings.dream.octaves == 1
    # even sides, as clips need them: 49x63 loses a row and a column
    np.testing.assert_array_equal(made[0], PICTURE[:48, :62])
    for before, after in itertools.pairwise(made):
        larger = enlarge(before, 1.1)
        moved = np.abs(after.astype(int) - larger).mean()
        # two steps of 0.02 on the mean go no farther than 10 levels
        assert 1 < moved < 11
        assert moved < np.abs(after.astype(int) - before).mean()
    answer = [
        network(torch.from_numpy(f).permute(2, 0, 1)[None].float() / 255, ["conv2_1"])["conv2_1"]
        for f in (made[0], made[-1])
    ]
    assert answer[1].square().mean() > 1.5 * answer[0].square().mean()


def test_jitter_is_of_each_frame_itself_and_of_the_seed(network):
    one, same, other = (
        list(zoom_frames(network, PICTURE, ZoomSettings.of(FEW | {"zoom": 1}), seed=seed))
        for seed in (3, 3, 4)
    )
    for first, second in zip(one, same, strict=True):
        np.testing.assert_array_equal(first, second)
    assert (one[1] != other[1]).any()
    # were the stream begun anew for each frame alike, this would be the second step again
    again = dream_picture(network, one[1], ZoomSettings.of(FEW).dream, seed=3)
    assert (one[2] != again).any()


class StoppedError(Exception):
    """In the place of a kill."""


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_stopped_zoom_goes_on_to_the_same_file(network, tmp_path, stop):
    settings, shown = ZoomSettings.of(FEW), []
    whole, resumed = tmp_path / "whole.mp4", tmp_path / "resumed.mp4"
    dream_zoom(network, PICTURE, settings, whole, seed=3)
    checkpoint = Checkpoint(tmp_path / "state" / "x.pt", "a")

    def until(done, *_):
        if done == stop:
            raise StoppedError

    with pytest.raises(StoppedError):
        dream_zoom(
            network, PICTURE, settings, resumed, seed=3, checkpoint=checkpoint, progress=until
        )
    assert not resumed.exists()
    assert not list(tmp_path.glob("*.part*"))
    kept = sorted((tmp_path / "state" / "x.frames").iterdir())
    assert [path.name for path in kept] == [f"{n:06d}.png" for n in range(stop)]
    dream_zoom(
        network, PICTURE, settings, resumed, seed=3, checkpoint=checkpoint, preview=shown.append
    )
    assert len(shown) == 5 - stop  # those that were not there yet
    assert resumed.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "state" / "x.frames").exists()


def test_kept_frames_are_taken_up_and_not_made_again(network, tmp_path, monkeypatch):
    settings = ZoomSettings.of(FEW)
    made = frames(network)
    list(zoom_frames(network, PICTURE, settings, seed=3, folder=tmp_path))
    for number in (3, 4):
        (tmp_path / f"{number:06d}.png").unlink()

    def never(*_):
        raise AssertionError("a kept frame was made again")

    resumed = zoom_frames(network, PICTURE, settings, seed=3, folder=tmp_path)
    for number in range(5):
        np.testing.assert_array_equal(next(resumed), made[number])
    assert len(list(tmp_path.glob("*.png"))) == 5
    monkeypatch.setattr(VGG, "forward", never)
    again = list(zoom_frames(network, PICTURE, settings, seed=3, folder=tmp_path))
    np.testing.assert_array_equal(again, made)


def test_frames_of_other_settings_are_not_taken_up(network, tmp_path):
    path = tmp_path / "state" / "x.pt"
    folder = path.with_suffix(".frames")
    folder.mkdir(parents=True)
    stale = zoom_frames(network, PICTURE[::-1].copy(), ZoomSettings.of(FEW), folder=folder)
    next(stale)
    next(stale)
    dream_zoom(
        network, PICTURE, ZoomSettings.of(FEW), tmp_path / "a.mp4", seed=3,
        checkpoint=Checkpoint(path, "new"),
    )  # fmt: skip
    dream_zoom(network, PICTURE, ZoomSettings.of(FEW), tmp_path / "b.mp4", seed=3)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_the_clip_is_one_that_the_video_rules_take(network, tmp_path):
    told = []
    dream_zoom(
        network, PICTURE, ZoomSettings.of(FEW), tmp_path / "x.mp4", seed=3,
        progress=lambda *step: told.append(step), crf=1, metadata={"title": "a fall"},
    )  # fmt: skip
    clip = probe_clip(tmp_path / "x.mp4")
    assert (clip.frames, clip.width, clip.height, clip.frame_rate) == (5, 62, 48, 12)
    assert told == [(n, 5, "62x48") for n in range(1, 6)]
    with av.open(str(tmp_path / "x.mp4")) as container:
        assert container.metadata["title"] == "a fall"
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for decoded, made in zip(shown, frames(network), strict=True):
        assert np.abs(decoded.astype(int) - made).mean() < 16  # colours at half the size


def test_what_cannot_be_is_told():
    for name in ("frames", "frames_per_second", "zoom"):
        with pytest.raises(ConvatlasError, match=f"{name} of a zoom is 0; 1 is the least"):
            ZoomSettings.of(FEW | {name: 0})
    with pytest.raises(ConvatlasError, match="steps of a dream is 0"):
        ZoomSettings.of(FEW | {"steps": 0})
