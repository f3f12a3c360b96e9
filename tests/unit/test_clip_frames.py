"""Frames of clips to learn on: how many, how large, and of which moments."""

import numpy as np
import pytest

from convatlas.data.clip_frames import training_frames
from convatlas.errors import ConvatlasError
from convatlas.video.make import make_clip


def grey_clip(path, count, height, width):
    shades = np.linspace(20, 220, count).astype(np.uint8)
    frames = [np.full((height, width, 3), shade, np.uint8) for shade in shades]
    make_clip(frames, 24, None, path)
    return path


def test_frames_of_clips_of_any_size_are_square_and_spread_from_first_to_last(tmp_path):
    clips = [grey_clip(tmp_path / "a.mp4", 9, 48, 64), grey_clip(tmp_path / "b.mp4", 2, 80, 32)]
    frames = training_frames(clips, least=24, count=3)
    assert frames.shape == (5, 32, 32, 3)
    shades = frames.mean((1, 2, 3))
    np.testing.assert_allclose(shades, [20, 120, 220, 20, 220], atol=4)


def test_a_file_that_is_no_clip_is_told(tmp_path):
    (tmp_path / "text.mp4").write_text("no clip")
    with pytest.raises(ConvatlasError, match="not a video"):
        training_frames([tmp_path / "text.mp4"], least=24)
