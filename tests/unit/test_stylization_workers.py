"""Frames at once on a processor: the same frames, as many as memory holds, errors whole."""

import logging
import threading
import time

import numpy as np
import pytest
import torch
from restyling import FRAMES, STYLES, OneStyle, any_style, difference

from convatlas.stylization.frames import make_stylizer
from convatlas.stylization.memory import Needs, frames_that_fit
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.workers import Workers


@pytest.fixture(autouse=True)
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_the_first_is_alone_and_then_as_many_as_there_are_workers():
    running, most, lock, met = set(), [], threading.Lock(), threading.Barrier(3)

    def work(number):
        with lock:
            running.add(number)
            most.append(len(running))
        if number:
            met.wait(timeout=30)  # three at once, or never
        with lock:
            running.remove(number)
        return number

    workers = Workers(3)
    assert workers.map(work, range(7)) == list(range(7))
    assert most[0] == 1
    assert max(most) == 3


def test_an_error_waits_for_the_others():
    done = []

    def work(number):
        if number == 1:
            raise MemoryError("full")
        done.append(number)

    with pytest.raises(MemoryError, match="full"):
        Workers(2).map(work, range(6))
    assert sorted(done) == [0, 2, 3, 4, 5]


def test_frames_at_once_are_the_frames_one_by_one():
    network, frames = any_style(8, 5), np.concatenate([FRAMES] * 3)
    together, alone = (make_stylizer(network, STYLES[:1]) for _ in range(2))
    found = together(frames)
    assert together._cuts[FRAMES.shape[1:3]].batch == 2
    np.testing.assert_array_equal(found, np.concatenate([alone(frame[None]) for frame in frames]))
    assert alone._cuts[FRAMES.shape[1:3]].workers is None


def test_frames_at_once_fit_into_memory():
    needs = Needs(whole_per_pixel=100.0, bytes_per_pixel=1.0, held_per_pixel=1.0, halo=1)
    frame = 20 * 30 * 100
    fitting = [frames_that_fit(needs, 20, 30, n * frame) for n in (0, 1, 2, 3, 10)]
    assert fitting == [1, 1, 1, 2, 7]  # seven tenths of what is free
    frames = FRAMES.repeat(3, 1)
    for times, expected in ((3, 1), (2, 2)):
        stylizer = make_stylizer(OneStyle(), options=StylizationOptions(memory_mib=1))
        part = frames[:, : times * FRAMES.shape[1]]
        stylizer(part)
        (cut,) = stylizer._cuts.values()
        assert (cut.batch, cut.tile) == (expected, None)


def test_memory_that_gives_out_is_met_with_fewer_at_once(caplog):
    inside, lock = [], threading.Lock()

    class Crowded(OneStyle):
        def forward(self, x):
            with lock:
                inside.append(1)
            try:
                time.sleep(0.05)
                if len(inside) > 1:
                    raise torch.OutOfMemoryError("one at a time")
                return super().forward(x)
            finally:
                with lock:
                    inside.pop()

    frames, stylizer = np.concatenate([FRAMES] * 2), make_stylizer(Crowded())
    with caplog.at_level(logging.WARNING):
        found = stylizer(frames)
    cut = stylizer._cuts[FRAMES.shape[1:3]]
    assert (cut.batch, cut.workers, cut.tile) == (1, None, None)
    assert "memory gave out" in caplog.text
    assert difference(found, make_stylizer(OneStyle())(frames)) <= 1
