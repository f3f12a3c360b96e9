"""Frames in tiles: the whole frame's statistics, no seams, and memory that gives out."""

import logging

import numpy as np
import pytest
import torch
from restyling import CPU, FRAMES, RANDOM, STYLES, OneStyle, any_style, difference

from convatlas.errors import ConvatlasError
from convatlas.models.stylizer import Transformer
from convatlas.stylization import frames as frames_module
from convatlas.stylization.frames import make_stylizer
from convatlas.stylization.memory import Needs, choose_tile, measure_needs
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.tiles import plan_spans, restyle_in_tiles


def test_spans_cover_a_side_in_steps_of_four():
    for side, tile, halo in ((100, 32, 8), (96, 96, 10), (96, 95, 10), (8, 64, 60)):
        spans = plan_spans(side, tile, halo)
        assert [span.first for span in spans] == [0, *(span.last for span in spans[:-1])]
        assert spans[-1].last == side
        for span in spans:
            assert span.start % 4 == span.first % 4 == 0
            assert span.start == max(0, span.first - -(-halo // 4) * 4)
            assert span.stop == min(side, span.last + -(-halo // 4) * 4)


@pytest.mark.parametrize(("height", "width", "tile"), [(208, 272, 96), (149, 210, 64)])
def test_tiles_are_the_whole_frame_without_seams(height, width, tile):
    network = any_style(8, 5)
    content = RANDOM.integers(0, 256, (2, height // 8, width // 8 + 1, 3)).astype(np.uint8)
    frames = np.pad(content.repeat(8, 1).repeat(8, 2), ((0, 0), (0, 7), (0, 0), (0, 0)), "edge")
    frames = np.ascontiguousarray(frames[:, :height, :width])
    whole = make_stylizer(network, STYLES[:1])(frames)
    tiled = make_stylizer(network, STYLES[:1], StylizationOptions(tile_pixels=tile))(frames)
    assert difference(whole, tiled) <= 1
    assert whole.std() > 5


def test_statistics_of_tiles_alone_would_show():
    network = OneStyle()
    content = torch.rand(1, 3, 64, 96) * torch.linspace(0, 1, 96)
    with torch.inference_mode():
        whole = network(content)
        tiled = restyle_in_tiles(network, network, content, tile=32, halo=8)
        short = restyle_in_tiles(network, network, content, tile=32, halo=0)
        alone = torch.cat([network(part) for part in content.split(32, 3)], 3)
    assert (whole - tiled).abs().max() < 1e-5
    assert (whole - short).abs().max() > 0.01
    assert (whole - alone).abs().max() > 0.01
    torch.testing.assert_close(network(content), whole)  # the network is left as it was


def test_error_in_a_tile_is_raised_and_ends_all():
    network = OneStyle(most_pixels=900)
    with pytest.raises(torch.OutOfMemoryError):
        restyle_in_tiles(network, network, torch.rand(1, 3, 64, 96), tile=32, halo=8)
    assert "forward" not in vars(network.norm)


def test_memory_that_gives_out_is_met_with_smaller_tiles(caplog):
    frames = RANDOM.integers(0, 256, (2, 200, 300, 3)).astype(np.uint8)
    stylizer = make_stylizer(OneStyle(most_pixels=90 * 90))
    network = stylizer.restyler.network
    with caplog.at_level(logging.WARNING):
        found = stylizer(frames)
    assert difference(found, make_stylizer(OneStyle())(frames)) <= 1
    assert ["tiles of 148" in caplog.text, "tiles of 72" in caplog.text] == [True, True]
    network.seen.clear()
    stylizer(frames)  # the next batch does not try again what failed
    assert max(height * width for *_, height, width in network.seen) <= 90 * 90
    with pytest.raises(ConvatlasError, match="300x200 pixels do not fit"):
        make_stylizer(OneStyle(most_pixels=70 * 70))(frames)


def test_batches_shrink_before_frames_are_cut(monkeypatch):
    stylizer = make_stylizer(OneStyle(most_pixels=2 * 44 * 60))
    network = stylizer.restyler.network
    stylizer._cuts[44, 60] = frames_module._Cut(batch=16, tile=None)
    monkeypatch.setattr(network, "seen", seen := [])
    frames = np.concatenate((FRAMES, FRAMES))
    assert difference(stylizer(frames), make_stylizer(OneStyle())(frames)) <= 1
    assert [shape[0] for shape in seen] == [6, 3, 1, 1, 1, 1, 1, 1]


def test_other_errors_are_not_taken_for_memory():
    class Broken(OneStyle):
        def forward(self, x):
            if x.shape[-1] == 60:
                raise RuntimeError("shapes do not fit")
            return super().forward(x)

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        make_stylizer(Broken())(FRAMES)


def test_exhausted_memory_of_a_processor_is_met_too():
    class Full(OneStyle):
        def forward(self, x):
            if x.shape[-1] > 120:  # what torch 2.15 says on Linux
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
            return super().forward(x)

    wide = np.concatenate((FRAMES, FRAMES, FRAMES), 2)
    found = make_stylizer(Full())(wide)
    assert difference(found, make_stylizer(OneStyle())(wide)) <= 1


def test_tiles_in_bfloat16_stay_near():
    frames = FRAMES.repeat(3, 1)
    options = StylizationOptions(number_format="bfloat16", tile_pixels=64)
    found = make_stylizer(OneStyle(), options=options)(frames)
    expected = make_stylizer(OneStyle())(frames)
    assert 0 < np.abs(found.astype(int) - expected).mean() < 2


def test_tiles_are_chosen_from_memory():
    needs = Needs(whole_per_pixel=150, bytes_per_pixel=200, held_per_pixel=56, halo=58)
    assert choose_tile(needs, 720, 1280, 2**30) is None
    assert choose_tile(needs, 2160, 3840, 2**31) is None
    for memory in (1.5e9, 1.75e9):
        tile = choose_tile(needs, 2160, 3840, int(memory))
        spans = [plan_spans(side, tile, needs.halo) for side in (2160, 3840)]
        rows, columns = ([span.stop - span.start for span in axis] for axis in spans)
        held = sum(rows) * sum(columns) * needs.held_per_pixel + 2160 * 3840 * 30
        assert 0.6 * memory < held + max(rows) * max(columns) * 200 <= 0.7 * memory
    least = choose_tile(needs, 2160, 3840, 2**20)
    taken = {side: needs.in_tiles(2160, 3840, side) for side in range(64, 3841, 64)}
    assert taken[least] == min(taken.values()) < 0.75 * taken[3840]


def test_needs_are_measured():
    transformer = Transformer().eval()
    style = torch.zeros(1, 100)
    needs = measure_needs(transformer, lambda x: transformer(x, style), CPU)
    assert needs.halo == 54 + 4  # 4 + 1 + 2 + 10 x 4 + 2 + 1 + 4, and the coarse pixel beside
    # the widest: 16 channels in, enlarged and padded, 8 out
    assert 2 * 4 * 24 <= needs.bytes_per_pixel <= 2.2 * 4 * 24
    assert needs.whole_per_pixel == needs.bytes_per_pixel
    # eight channels wait, and what they came from: sixteen of a quarter of the pixels
    assert needs.held_per_pixel == 4 * (8 + 16 / 4)


def test_memory_option_bounds_what_is_used():
    stylizer = make_stylizer(OneStyle(), options=StylizationOptions(memory_mib=1))
    network = stylizer.restyler.network
    network.seen.clear()
    stylizer(FRAMES.repeat(6, 1))
    assert max(width for *_, width in network.seen) <= 60
    assert max(height for _, _, height, _ in network.seen) < 264
