"""Whose files are whose, which routes there are, and who may come in."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from visits import ROOT, SECONDS

from convatlas.errors import ConvatlasError
from convatlas.studio.app import check_address


def hand_in(studio, path, session, name="a.png"):
    with path.open("rb") as file:
        return session.post(f"{studio.url}/gradio_api/upload", files={"files": (name, file)})


def join(studio, session, *data):
    body = {"data": list(data), "fn_index": 0, "session_hash": "abc"}
    return session.post(f"{studio.url}/gradio_api/queue/join", json=body)


@pytest.fixture
def two(studio):
    sessions = [requests.Session(), requests.Session()]
    for session in sessions:
        session.get(studio.url)
    return sessions


def test_a_visitor_gets_an_own_file_and_no_others(studio, two, photograph):
    mine, other = two
    (path,) = hand_in(studio, photograph, mine).json()
    file = f"{studio.url}/gradio_api/file={path}"
    assert mine.get(file).content == photograph.read_bytes()
    assert other.get(file).status_code == 403
    assert requests.get(file, timeout=SECONDS).status_code == 403
    assert join(studio, other, {"path": path}).status_code == 403
    assert join(studio, mine, {"path": path}).status_code != 403


@pytest.mark.parametrize("up", ["", "/..", "/../..", "/../../..", "/../../weights"])
def test_no_folder_is_listed(studio, two, photograph, up):
    (path,) = hand_in(studio, photograph, two[0]).json()
    folder = path.rpartition("/")[0] + up
    found = two[0].get(f"{studio.url}/gradio_api/file={folder}")
    assert found.status_code in (403, 404)
    assert "upload" not in found.text


@pytest.mark.parametrize(
    "file",
    [
        {"path": "/etc/passwd"},
        {"path": "http://localhost:1/a.png"},
        {"path": None, "url": "http://localhost:1/a.png"},
        {"url": "http://localhost:1/", "meta": {"_type": "gradio.FileData"}},
        [[{"deep": {"path": "../../../etc/passwd"}}]],
    ],
)
def test_a_request_names_own_files_alone(studio, two, file):
    assert join(studio, two[0], file).status_code == 403


def test_an_own_path_is_no_pass_for_content_of_another_place(studio, two, photograph):
    (path,) = hand_in(studio, photograph, two[0]).json()
    assert join(studio, two[0], {"path": path}).status_code != 403
    with_data = {"path": path, "url": "data:image/png;base64,AAAA"}
    assert join(studio, two[0], with_data).status_code == 403


def test_a_name_is_decoded_once(studio, two, photograph):
    """Decoded twice, it would lie in the own folder; as Gradio opens it, it is another's file."""
    mine, other = (Path(hand_in(studio, photograph, one).json()[0]) for one in two)
    rest = other.relative_to(other.parents[2])
    sly = f"{mine.parents[1]}/a%252fb/%2e%2e/%2e%2e/{rest}"
    assert two[0].get(f"{studio.url}/gradio_api/file={sly}").status_code == 403


@pytest.mark.parametrize(
    "route",
    [
        "file=/etc/passwd", "file=C:/x", "file=%2e%2e/%2e%2e/etc/passwd", "proxy=http://localhost:1/",
        "component_server", "run/other/x/../../file=/etc/passwd", "vibe-code", "openapi.json",
    ],
)  # fmt: skip
def test_what_the_pages_do_not_use_is_not_there(studio, two, route):
    assert two[0].get(f"{studio.url}/gradio_api/{route}").status_code in (403, 404, 405)


def test_other_names_and_other_sites_are_refused(studio):
    assert (
        requests.get(studio.url, headers={"Host": "evil.test"}, timeout=SECONDS).status_code == 421
    )
    evil = {"Origin": "http://evil.test"}
    assert (
        requests.post(f"{studio.url}/gradio_api/upload", headers=evil, timeout=SECONDS).status_code
        == 403
    )
    policy = requests.get(studio.url, timeout=SECONDS).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_a_header_does_not_make_somebody_else(studio, two, photograph):
    (path,) = hand_in(studio, photograph, two[0]).json()
    token = two[0].cookies["convatlas_studio"]
    claimed = {"x-convatlas-visitor": token}
    file = f"{studio.url}/gradio_api/file={path}"
    assert two[1].get(file, headers=claimed).status_code == 403


@pytest.mark.parametrize("body", [b"{", b"[" * 90_000, b"\xff\xfe", b"9" * 9000])
def test_bodies_that_are_no_json_are_refused(studio, two, body):
    found = two[0].post(f"{studio.url}/gradio_api/queue/join", data=body)
    assert found.status_code in (400, 422)


def test_a_body_has_a_limit(studio, two):
    body = json.dumps({"data": ["a" * 5_000_000]})
    assert two[0].post(f"{studio.url}/gradio_api/queue/join", data=body).status_code == 413


def test_an_address_for_others_wants_a_password():
    check_address("127.0.0.1", None)
    check_address("0.0.0.0", "long enough")
    with pytest.raises(ConvatlasError, match="CONVATLAS_STUDIO_PASSWORD"):
        check_address("0.0.0.0", None)
    with pytest.raises(ConvatlasError, match="8 are the least"):
        check_address("192.168.1.2", "short")


def test_the_tool_says_so_to_people(tmp_path):
    command = [sys.executable, str(ROOT / "tools" / "studio.py"), "--host", "0.0.0.0"]
    environment = {"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)}
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False
    )
    assert run.returncode == 2
    assert "CONVATLAS_STUDIO_PASSWORD" in run.stderr
    assert "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGINT])
def test_what_visitors_handed_in_goes_with_the_terminal(start, photograph, ending):
    with start() as running:
        hand_in(running, photograph, requests.Session())
        assert running.files()
        running.process.send_signal(ending)
        running.process.wait(SECONDS)
        assert not running.folders()


def test_what_a_killed_studio_left_goes_with_the_next_start(start, photograph):
    with start() as killed:
        hand_in(killed, photograph, requests.Session())
        killed.process.kill()
        killed.process.wait(SECONDS)
        left = killed.folders()
        assert left
    with start() as running, start() as beside:
        assert not {*left} & {*running.folders()}
        assert len(running.folders()) == 2, "that of one which is running stays"
        assert requests.get(running.url, timeout=SECONDS).ok
        assert requests.get(beside.url, timeout=SECONDS).ok


def test_an_address_that_is_taken_is_not_announced(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        tool = [sys.executable, str(ROOT / "tools" / "studio.py"), "--port", str(port)]
        run = subprocess.run(tool, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "The studio is at" not in run.stdout
    assert f"127.0.0.1:{port} cannot be had" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--certificate", "none.pem"], "belong together"),
        (
            ["--certificate", "none.pem", "--key", "none.pem"],
            "none.pem and none.pem cannot be used",
        ),
    ],
)
def test_certificates_that_do_not_do_are_told(tmp_path, given, words):
    tool = [sys.executable, str(ROOT / "tools" / "studio.py"), "--port", "0", *given]
    run = subprocess.run(tool, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert words in run.stderr
    assert "Traceback" not in run.stderr
