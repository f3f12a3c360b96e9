"""The studio without a browser: turns at the device, visitors' folders, the password, the walk."""

import base64
import tempfile
import threading

import numpy as np
import pytest
import torch
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from convatlas.devices import claim_gpu
from convatlas.errors import ConvatlasError
from convatlas.models.backbone_files import build_backbone
from convatlas.models.registry import build_model
from convatlas.studio.gate import COOKIE, VISITOR, Gate
from convatlas.studio.generating import between
from convatlas.studio.jobs import Desk, Job, StoppedError
from convatlas.studio.restyling import paint
from convatlas.studio.visitors import IDLE_SECONDS, Visitors
from convatlas.stylization.inversion import InvertingStylizer
from convatlas.stylization.options import StylizationOptions

STYLE = {"resolution": 16, "latent_dim": 8, "channel_base": 64, "channel_max": 8}
CPU = torch.device("cpu")


def kinds(updates):
    return [update.kind for update in updates]


def test_a_job_tells_and_ends():
    def work(job):
        job.progress(1, 2, "half")
        job.progress(2, 2, "whole")
        return 7

    *told, last = Desk(CPU).run("a", work)
    assert [(update.done, update.words) for update in told] == [(1, "half"), (2, "whole")]
    assert (last.kind, last.value) == ("done", 7)


def test_two_jobs_never_compute_at_once():
    desk, inside, most = Desk(CPU), [], []

    def work(job):
        inside.append(1)
        most.append(len(inside))
        for step in range(20):
            job.progress(step, 20)
            threading.Event().wait(0.01)
        inside.pop()

    threads = [threading.Thread(target=lambda t=t: list(desk.run(t, work))) for t in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]


def test_a_job_stops_when_told_and_while_it_waits():
    desk, going, on = Desk(CPU), threading.Event(), threading.Event()

    def endless(job):
        while True:
            going.set()
            job.progress(0, 1)
            threading.Event().wait(0.01)

    first = desk.run("a", endless)
    assert next(first).kind == "progress"
    assert going.wait(20)
    second = desk.run("b", lambda _: on.set())
    assert next(second).kind == "waiting"
    assert desk.stop("b")
    assert kinds(second) == ["stopped"]
    assert desk.stop("a")
    assert kinds(first)[-1] == "stopped"
    assert not on.is_set()
    assert kinds(desk.run("c", lambda _: None)) == ["done"]


def test_a_job_that_waits_for_the_pipelines_gpu_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    desk = Desk(CPU)
    desk._gpus = ["0"]
    with claim_gpu(["0"]):  # as a training of the pipeline holds it
        updates = desk.run("a", lambda job: 1)
        waits = next(updates)
        assert (waits.kind, "pipeline" in waits.words) == ("waiting", True)
        assert desk.stop("a")
        assert kinds(updates) == ["stopped"]
    assert kinds(desk.run("b", lambda job: 2)) == ["done"]


def test_errors_for_people_are_told_and_others_are_not():
    def wrong(_):
        raise ConvatlasError("the picture is upside down")

    def broken(_):
        raise KeyError("/secret/path")

    (told,) = Desk(CPU).run("a", wrong)
    assert told.words == "the picture is upside down"
    (told,) = Desk(CPU).run("a", broken)
    assert "secret" not in told.words


def test_a_page_that_is_gone_stops_its_job():
    desk, ended = Desk(CPU), threading.Event()

    def work(job):
        try:
            while True:
                job.progress(0, 1)
                threading.Event().wait(0.01)
        finally:
            ended.set()

    updates = desk.run("a", work)
    next(updates)
    updates.close()
    assert ended.wait(20)


def test_files_go_with_a_visitors_last_page(tmp_path):
    visitors = Visitors(tmp_path / "visitors")
    token = visitors.new_token()
    path = visitors.new_path(token, "a.png")
    path.write_bytes(b"1")
    assert visitors.owns(token, path)
    assert not visitors.owns(visitors.new_token(), path)
    assert not visitors.owns(token, path.parent / ".." / ".." / "other")
    assert token not in str(path)
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700
    visitors.enter(token, "one")
    visitors.enter(token, "two")
    visitors.leave(token, "one")
    assert path.is_file()
    visitors.leave(token, "two")
    assert not list(visitors.root.iterdir())


def test_a_visitor_who_never_said_goodbye_is_forgotten(tmp_path, monkeypatch):
    visitors = Visitors(tmp_path)
    silent, there = visitors.new_token(), visitors.new_token()
    for token in (silent, there):
        visitors.new_path(token, "a.png").write_bytes(b"1")
    visitors.enter(there, "page")
    now = __import__("time").monotonic()
    monkeypatch.setattr("time.monotonic", lambda: now + IDLE_SECONDS + 1)
    visitors.sweep()
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (None, 401),
        ("Basic " + base64.b64encode(b"any:right one").decode(), 200),
        ("Basic " + base64.b64encode(b"any:wrong one").decode(), 401),
        ("Basic " + base64.b64encode(b"right one").decode(), 401),
        ("Basic %%%", 401),
        ("Bearer right one", 401),
    ],
)
def test_the_password_is_wanted_for_everything(tmp_path, sent, status):
    async def behind(scope, receive, send):
        visitor = dict(scope["headers"])[VISITOR.encode()].decode()
        await PlainTextResponse(f"inside {visitor}")(scope, receive, send)

    gate = Gate(behind, visitors=Visitors(tmp_path), password="right one")
    client = TestClient(gate, headers={"authorization": sent} if sent else {})
    for path in ("/", "/report/index.html", "/assets/a.js", "/gradio_api/startup-events"):
        found = client.get(path)
        assert found.status_code == status
        assert ("inside" in found.text) == (status == 200)


def test_a_search_among_styles_is_the_stylizers_own_and_tells_how_far_it_is():
    generator = build_model("stylegan2.StyleGAN2", seed=0, options=STYLE).generator
    photograph = np.random.default_rng(0).integers(0, 256, (34, 48, 3), np.uint8)
    features = build_backbone("drawn", images=photograph[None].repeat(2, 0))
    asked = {"steps": 3, "steps_after": 2, "learning_rate": 0.05, "layers": ["relu1_1"]}

    def make():
        options = StylizationOptions(strength=0.6)
        return InvertingStylizer(generator, features, asked, options, None, CPU)

    job = Job()
    painted = paint(make(), photograph, job, strength=0.6)
    assert np.abs(painted.astype(int) - make()(photograph[None])[0]).max() <= 1
    told = [job.news.get_nowait() for _ in range(job.news.qsize())]
    assert (told[-1].done, told[-1].total) == (3, 3)
    job.stop.set()
    with pytest.raises(StoppedError):
        paint(make(), photograph, job)


def test_between_two_vectors_lengths_go_over_evenly():
    one, other = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0])
    assert torch.allclose(between(one, other, 0.0), one, atol=1e-6)
    assert torch.allclose(between(one, other, 1.0), other, atol=1e-5)
    middle = between(one, other, 0.5)
    assert middle.norm().item() == pytest.approx(3, abs=1e-5)
    assert middle[0].item() == pytest.approx(middle[1].item(), abs=1e-5)
    assert torch.allclose(between(one, one, 0.3), one)


def test_other_servers_cookies_of_the_same_host_cost_nobody_his_files(tmp_path):
    async def behind(scope, receive, send):
        visitor = dict(scope["headers"])[VISITOR.encode()].decode()
        await PlainTextResponse(visitor)(scope, receive, send)

    token = Visitors.new_token()
    client = TestClient(Gate(behind, visitors=Visitors(tmp_path)))
    for other in ('prefs={"theme":"dark"}', "a b=c d", "path=/; x", "", "n\u00e4me=1"):
        sent = f"{other}; {COOKIE}={token}".encode()
        assert client.get("/", headers={"cookie": sent}).text == token


@pytest.mark.parametrize(
    ("header", "status"), [({"host": "[bad"}, 421), ({"origin": "http://[bad"}, 403)]
)
def test_an_address_that_is_none_is_refused(tmp_path, header, status):
    gate = Gate(PlainTextResponse("inside"), visitors=Visitors(tmp_path), hosts={"testserver"})
    assert TestClient(gate).get("/", headers=header).status_code == status
