"""Whose files are whose, which routes there are, and who may come in."""

import json
import subprocess
import sys

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
        {"path": "a", "url": "data:image/png;base64,AAAA"},
        {"url": "http://localhost:1/", "meta": {"_type": "gradio.FileData"}},
        [[{"deep": {"path": "../../../etc/passwd"}}]],
    ],
)
def test_a_request_names_own_files_alone(studio, two, file):
    assert join(studio, two[0], file).status_code == 403


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
