"""Frames at once on a processor: the same frames, as many as memory holds, errors whole."""

import logging
import threading
import time
import weakref

import numpy as np
import pytest
import torch
from restyling import FRAMES, STYLES, OneStyle, any_style, difference

from convatlas.models.single_style import SingleStyle
from convatlas.stylization import workers as workers_module
from convatlas.stylization.frames import make_stylizer
from convatlas.stylization.memory import Needs
from convatlas.stylization.workers import LARGEST, Workers, frames_at_once


@pytest.fixture(autouse=True)
def two_threads_on_two_cores(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(workers_module, "cores_of_process", lambda: 2)
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


def test_frames_at_once_are_the_frames_one_by_one(monkeypatch):
    network = any_style(8, 5)
    frames = np.concatenate([FRAMES] * 2).repeat(4, 1).repeat(4, 2)
    together = make_stylizer(network, STYLES[:1])
    found = together(frames)
    assert together._cuts[frames.shape[1:3]].batch == 2
    monkeypatch.setattr(workers_module, "cores_of_process", lambda: 3)
    alone = make_stylizer(network, STYLES[:1])
    np.testing.assert_array_equal(found, alone(frames))
    assert alone._cuts[frames.shape[1:3]].workers is None


def test_two_at_once_where_cores_and_memory_do(monkeypatch):
    needs = Needs(whole_per_pixel=100.0, bytes_per_pixel=1.0, held_per_pixel=1.0, halo=1)
    frame, much = 20 * 30 * 100, 2**40
    assert frames_at_once(needs, 20, 30, much) == 2
    # seven tenths of what is free
    assert [frames_at_once(needs, 20, 30, n * frame) for n in (1, 2, 3)] == [1, 1, 2]
    side = round((LARGEST / 100) ** 0.5)
    assert [frames_at_once(needs, side + n, side, much) for n in (-1, 1)] == [2, 1]
    torch.set_num_threads(1)
    assert frames_at_once(needs, 20, 30, much) == 1
    torch.set_num_threads(2)
    monkeypatch.setattr(workers_module, "cores_of_process", lambda: 4)
    assert frames_at_once(needs, 20, 30, much) == 1
    torch.set_num_threads(4)
    assert frames_at_once(needs, 20, 30, much) == 2


def test_published_networks_of_one_style_go_one_by_one_where_memory_is_short():
    """At 640x360 a second frame of theirs takes 280 MiB: with it a clip took over 1 GiB."""
    stylizer = make_stylizer(SingleStyle())
    assert frames_at_once(stylizer._needs, 360, 640, 2**40) == 1


def test_tiles_after_two_at_once_go_one_by_one():
    """A frame that is alone in its part runs out of memory; those that follow are several."""

    class Full(OneStyle):
        def forward(self, x):
            if x.shape[-1] > 120 and self.short:
                raise torch.OutOfMemoryError("nothing left")
            return super().forward(x)

    network = Full()
    network.short = False
    wide = np.concatenate((FRAMES, FRAMES, FRAMES), 2)
    stylizer = make_stylizer(network)
    stylizer(wide)
    assert stylizer._cuts[wide.shape[1:3]].workers is not None
    stylizer.restyler.network.short = True
    stylizer(wide[:1])
    cut = stylizer._cuts[wide.shape[1:3]]
    assert cut.tile
    assert (cut.batch, cut.workers) == (1, None)
    found = stylizer(np.concatenate([wide] * 3))
    assert difference(found, np.concatenate([make_stylizer(OneStyle())(wide)] * 3)) <= 1


def test_what_failed_holds_no_memory_at_the_next_try():
    alive = []

    class Crowded(OneStyle):
        def forward(self, x):
            alive.append(weakref.ref(x))
            time.sleep(0.05)
            if sum(each() is not None for each in alive) > 1:
                raise torch.OutOfMemoryError("one at a time")
            return super().forward(x)

    frames, stylizer = np.concatenate([FRAMES] * 2), make_stylizer(Crowded())
    found = stylizer(frames)
    assert stylizer._cuts[FRAMES.shape[1:3]].tile is None
    assert difference(found, make_stylizer(OneStyle())(frames)) <= 1


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
