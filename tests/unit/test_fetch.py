"""Downloads against a server on this machine that misbehaves on demand."""

import errno
import gzip
import hashlib
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from convatlas.data import transfer
from convatlas.data.fetch import choose_mirror, default_cache, fetch_file, pack_files
from convatlas.data.remote import FetchError, RemoteFile, verify_file
from convatlas.errors import ConvatlasError

BODY = random.Random(0).randbytes(300_000)
SCRIPTS = Path(__file__).parents[2] / "scripts"


class Handler(BaseHTTPRequestHandler):
    """Serve `server.files`, misbehaving as `server.plan[path]` says, one item per request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server, path = self.server, self.path
        span = self.headers.get("Range")
        steps = server.plan.get(path, [])
        step = steps.pop(0) if steps else server.always.get(path, "")
        server.log.append((path, span, dict(self.headers)))
        self.close_connection = True
        body = server.files.get(path)
        if step.isdecimal():
            return self.reply(int(step), b"no", {"Retry-After": "0"})
        if body is None:
            return self.reply(404, b"nothing here")
        if step == "wrong":
            body = b"\0" * len(body)
        start, status, headers = 0, 200, {}
        if span and step != "no range":
            start = int(span.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                return self.reply(416, b"", {"Content-Range": f"bytes */{len(body)}"})
            shift = 7 if step == "wrong range" else 0
            where = f"bytes {start + shift}-{len(body) - 1}/{len(body)}"
            status, headers = 206, {"Content-Range": where}
        sent = body[start:]
        if step == "endless":
            return self.endless()
        if step in ("slow", "stall"):
            return self.trickle(status, sent, headers, stall=step == "stall")
        if step in ("drop", "silent drop"):
            keep = sent[: 100_000 if len(sent) > 100_000 else len(sent) // 2]
            length = len(sent) if step == "drop" else None
            return self.reply(status, keep, headers, length)
        if step == "no length":
            return self.reply(status, sent, headers, None)
        return self.reply(status, sent, headers)

    def reply(self, status, body, headers=(), length=-1):
        self.send_response(status)
        for key, value in dict(headers).items():
            self.send_header(key, value)
        if length is not None:
            self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def trickle(self, status, body, headers, *, stall):
        self.reply(status, b"", headers, len(body))
        for start in range(0, len(body), 65536):
            self.wfile.write(body[start : start + 65536])
            self.wfile.flush()
            time.sleep(0.02)
            if stall and start >= 7 * 65536:
                self.server.release.wait(30)
                return

    def endless(self):
        self.reply(200, b"", {}, None)
        for _ in range(1000):
            self.wfile.write(b"\1" * 65536)
            self.server.poured += 65536


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # clients that hang up are what these tests are about
        pass

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def ranges(self, path="/body"):
        return [span for asked, span, _ in self.log if asked == path]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as made:
        made.files, made.plan, made.always, made.log, made.poured = {"/body": BODY}, {}, {}, [], 0
        made.release = threading.Event()
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.release.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def place(tmp_path):
    """Where to fetch to, and how: quickly."""

    class Place:
        cache, destination = tmp_path / "cache", tmp_path / "out" / "body.bin"

        def fetch(self, remote, **options):
            quick = {"cache": self.cache, "backoff": 0.001, "attempts": 3, "timeout": 5}
            return fetch_file(remote, self.destination, **(quick | options))

        def leftovers(self):
            paths = [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".lock"]
            return {str(p.relative_to(tmp_path)) for p in paths}

    return Place()


def declare(*urls, body=BODY, name="set/body.bin", **others):
    return RemoteFile(name, urls, len(body), hashlib.sha256(body).hexdigest(), **others)


def put(path, body):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


# --- where a file comes from ---------------------------------------------------------------------


def test_a_download_lands_in_destination_and_cache_and_the_next_is_a_cache_hit(server, place):
    remote = declare(server.url("/body"))
    assert place.fetch(remote) == server.url("/body")
    assert place.destination.read_bytes() == BODY
    assert place.leftovers() == {"cache/set/body.bin", "out/body.bin"}
    place.destination.unlink()
    assert place.fetch(remote) == "cache"
    assert place.destination.read_bytes() == BODY
    assert len(server.log) == 1


def test_an_edited_result_does_not_touch_the_cache(server, place):
    remote = declare(server.url("/body"))
    place.fetch(remote)
    with place.destination.open("r+b") as edited:
        edited.write(b"edited")
    verify_file(place.cache / remote.name, remote)


def test_a_damaged_cache_entry_is_set_aside_and_fetched_again(server, place):
    remote = declare(server.url("/body"))
    damaged = BODY[:1000] + b"X" + BODY[1001:]
    put(place.cache / remote.name, damaged)
    assert place.fetch(remote) == server.url("/body")
    assert place.destination.read_bytes() == BODY
    assert (place.cache / remote.name).read_bytes() == BODY
    assert (place.cache / f"{remote.name}.bad").read_bytes() == damaged


def test_a_folder_mirror_comes_before_the_urls_and_needs_no_cache(server, place, tmp_path):
    remote = declare(server.url("/body"))
    put(tmp_path / "mirror" / remote.name, BODY)
    put(place.cache, b"a file where the cache folder should be")
    assert place.fetch(remote, mirror=tmp_path / "mirror") == "mirror"
    assert place.destination.read_bytes() == BODY
    assert server.log == []


def test_a_url_mirror_is_asked_by_percent_encoded_name(server, place):
    remote = declare(name="2. Hybrid/#1 é?.png")
    server.files["/m/2.%20Hybrid/%231%20%C3%A9%3F.png"] = BODY
    assert place.fetch(remote, mirror=server.url("/m/")) == "mirror"
    assert place.destination.read_bytes() == BODY


def test_a_wrong_mirror_file_is_passed_over_but_named_if_nothing_else_serves(
    server, place, tmp_path
):
    wrong = put(tmp_path / "mirror" / "set/body.bin", b"wrong")
    good = declare(server.url("/body"))
    assert place.fetch(good, mirror=tmp_path / "mirror") == server.url("/body")
    shutil.rmtree(place.cache)
    with pytest.raises(FetchError) as caught:
        place.fetch(declare(server.url("/gone")), mirror=tmp_path / "mirror")
    message = str(caught.value)
    assert f"mirror {wrong}: found 5 bytes" in message
    assert hashlib.sha256(b"wrong").hexdigest() in message


def test_the_error_says_all_that_is_needed_to_help_oneself(server, place, tmp_path):
    server.files["/other"] = b"\0" * len(BODY)
    remote = declare(server.url("/gone"), server.url("/other"))
    with pytest.raises(FetchError) as caught:
        place.fetch(remote, mirror=tmp_path / "none")
    message = str(caught.value)
    for part in (
        *("set/body.bin", str(len(BODY)), remote.sha256, "CONVATLAS_MIRROR", "CONVATLAS_CACHE"),
        f"cache {place.cache / remote.name}: No such file",
        f"mirror {tmp_path / 'none' / remote.name}: No such file",
        f"{server.url('/gone')}: HTTP 404",
        f"{server.url('/other')}: found {len(BODY)} bytes, sha256 ",
        hashlib.sha256(b"\0" * len(BODY)).hexdigest(),
        f"put it at {place.cache / remote.name}",
    ):
        assert part in message
    assert place.leftovers() == set()


def test_passwords_in_urls_stay_out_of_messages(server, place):
    with pytest.raises(FetchError) as caught:
        place.fetch(declare(server.url("/gone").replace("//", "//me:secret@")))
    assert "secret" not in str(caught.value)
    assert "/gone: HTTP 404" in str(caught.value)


def test_a_file_without_urls_asks_to_be_put_there_by_hand_and_is_then_taken(place):
    remote = declare()
    with pytest.raises(FetchError, match="put it at"):
        place.fetch(remote)
    put(place.cache / remote.name, BODY)  # its folder exists already, or not: both are fine
    assert place.fetch(remote) == "cache"


# --- what goes wrong on the way ------------------------------------------------------------------


def test_busy_servers_are_asked_again(server, place):
    server.plan["/body"] = ["503", "429"]
    assert place.fetch(declare(server.url("/body"))) == server.url("/body")
    assert len(server.log) == 3


@pytest.mark.parametrize("status", ["403", "404", "410"])
def test_a_refusal_is_not_asked_again_and_the_next_url_serves(server, place, status):
    server.always["/no"] = status
    remote = declare(server.url("/no"), server.url("/body"))
    assert place.fetch(remote) == server.url("/body")
    assert [path for path, *_ in server.log] == ["/no", "/body"]


def test_attempts_end(server, place):
    server.always["/body"] = "503"
    with pytest.raises(FetchError, match="HTTP 503"):
        place.fetch(declare(server.url("/body")), attempts=4)
    assert len(server.log) == 4


def test_a_dead_port_is_an_error_that_names_it(server, place):
    url = server.url("/body")
    server.shutdown()
    server.server_close()
    with pytest.raises(FetchError, match="refused") as caught:
        place.fetch(declare(url))
    assert url in str(caught.value)


@pytest.mark.parametrize("how", ["drop", "silent drop"])
def test_a_dropped_connection_is_taken_up_where_it_broke(server, place, how):
    server.plan["/body"] = [how, how]
    place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == BODY
    first, second, third = server.ranges()
    assert first is None
    assert second == "bytes=100000-"
    assert third == "bytes=200000-"


def test_drops_that_bring_something_each_time_do_not_use_up_the_attempts(server, place):
    server.files["/body"] = body = BODY * 4
    server.plan["/body"] = ["drop"] * 9
    place.fetch(declare(server.url("/body"), body=body), attempts=2)
    assert place.destination.read_bytes() == body
    assert len(server.log) == 10


def test_drops_by_a_server_that_ignores_ranges_do_end(server, place):
    class Forgetful(list):
        def pop(self, _):
            return "drop"

    server.plan["/body"] = Forgetful(["drop"])
    real = Handler.reply
    # without ranges every answer starts at the beginning: never further than the first
    server.files["/body"] = BODY
    remote = declare(server.url("/body"))
    try:
        Handler.reply = lambda self, status, body, headers=(), length=-1: real(
            self, 200, BODY[:100_000], {}, len(BODY)
        )
        with pytest.raises(FetchError, match="Incomplete"):
            place.fetch(remote, attempts=2)
    finally:
        Handler.reply = real
    assert len(server.log) <= 4
    assert not place.destination.exists()


def test_a_server_that_ignores_ranges_is_read_from_the_start(server, place):
    server.plan["/body"] = ["drop", "no range"]
    place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == BODY
    assert server.ranges() == [None, "bytes=100000-"]


def test_a_server_that_sends_another_range_is_not_believed(server, place):
    server.plan["/body"] = ["drop", "wrong range"]
    place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == BODY
    assert server.ranges() == [None, "bytes=100000-", None]


def test_no_content_length_is_fine(server, place):
    server.plan["/body"] = ["no length"]
    seen = []
    place.fetch(declare(server.url("/body")), progress=lambda *at: seen.append(at))
    assert place.destination.read_bytes() == BODY
    assert seen[-1] == (len(BODY), None)


def test_wrong_content_goes_to_the_next_url_and_leaves_nothing(server, place):
    server.files["/wrong"] = b"\0" * len(BODY)
    remote = declare(server.url("/wrong"), server.url("/body"))
    assert place.fetch(remote) == server.url("/body")
    assert len(server.ranges("/wrong")) == 1
    assert place.leftovers() == {"cache/set/body.bin", "out/body.bin"}


def test_a_page_of_another_length_is_refused_before_it_is_read(server, place):
    server.files["/page"] = b"<html>log in"
    with pytest.raises(FetchError, match="offers 12 bytes"):
        place.fetch(declare(server.url("/page")))


def test_an_endless_answer_is_stopped_at_the_declared_size(server, place):
    server.always["/body"] = "endless"
    with pytest.raises(FetchError, match="sends more than the 300000 bytes"):
        place.fetch(declare(server.url("/body")))
    assert server.poured < 20_000_000  # socket buffers hold a few MB
    assert place.leftovers() == set()


def test_a_stalled_server_times_out(server, place, monkeypatch):
    monkeypatch.setattr(Handler, "trickle", lambda *_, **__: time.sleep(1))
    server.always["/body"] = "slow"
    started = time.monotonic()
    with pytest.raises(FetchError, match="Read timed out"):
        place.fetch(declare(server.url("/body")), timeout=0.1, attempts=2)
    assert time.monotonic() - started < 0.9
    assert len(server.log) == 2


def test_progress_goes_up_to_the_end_and_starts_where_a_part_was_left(server, place):
    server.plan["/body"] = ["drop"]
    seen = []
    place.fetch(declare(server.url("/body")), progress=lambda *at: seen.append(at))
    done = [at for at, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == (len(BODY), len(BODY))


# --- parts of earlier runs -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 150_000, 299_999])
def test_a_part_left_behind_is_completed_by_a_range(server, place, length):
    put(place.cache / "set/body.bin.part", BODY[:length])
    place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == BODY
    assert server.ranges() == [f"bytes={length}-"]


def test_a_part_that_is_whole_needs_no_request(server, place):
    put(place.cache / "set/body.bin.part", BODY)
    place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == BODY
    assert server.log == []


@pytest.mark.parametrize("length", [150_000, 300_000, 400_000])
def test_a_part_of_something_else_is_thrown_away(server, place, length):
    put(place.cache / "set/body.bin.part", b"\0" * length)
    place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == BODY
    assert server.ranges()[-1] is None
    assert place.leftovers() == {"cache/set/body.bin", "out/body.bin"}


def test_a_part_longer_than_what_the_server_has_is_not_kept(server, place):
    put(place.cache / "set/body.bin.part", b"\0" * 150_000)
    server.files["/body"] = BODY[:100_000]
    with pytest.raises(FetchError, match="offers 100000 bytes"):
        place.fetch(declare(server.url("/body")))
    assert server.ranges() == ["bytes=150000-", None]
    assert place.leftovers() == set()


def test_the_part_becomes_the_cache_entry_and_a_copy_the_destination_by_renaming(server, place):
    part = put(place.cache / "set/body.bin.part", BODY[:1000])
    number = part.stat().st_ino
    put(place.destination, b"old")
    with place.destination.open("rb") as reader:
        place.fetch(declare(server.url("/body")))
        assert reader.read() == b"old"  # whoever reads meanwhile sees one or the other, whole
    entry = place.cache / "set/body.bin"
    assert entry.stat().st_ino == number
    assert place.destination.stat().st_ino != number


def test_a_part_of_one_url_is_completed_from_the_next(server, place):
    server.files["/other"] = BODY
    server.plan["/body"] = ["drop", "404"]
    place.fetch(declare(server.url("/body"), server.url("/other")))
    assert place.destination.read_bytes() == BODY
    assert server.ranges("/other") == ["bytes=100000-"]


def start_fetching(remote, destination, cache):
    """Fetch, once let go, in a process of its own that prints its progress and then the origin."""
    program = (
        "import sys; from convatlas.data.fetch import RemoteFile, fetch_file\n"
        f"say = lambda *at: print(*at)\nremote = {remote!r}\ninput('ready\\n')\n"
        "print(fetch_file(remote, sys.argv[1], cache=sys.argv[2], progress=say))"
    )
    return subprocess.Popen(
        [sys.executable, "-u", "-c", program, destination, cache],
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def let_go(*children):
    """Let processes begin together, whatever time each took to start."""
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()


def test_processes_killed_in_mid_download_leave_no_half_file_and_lose_no_byte(server, place):
    body = random.Random(1).randbytes(4_000_000)
    server.files["/body"], server.always["/body"] = body, "stall"
    remote = declare(server.url("/body"), body=body)
    part = place.cache / "set/body.bin.part"
    children = [start_fetching(remote, place.destination, place.cache) for _ in range(2)]
    reached = []
    for child in children:
        let_go(child)
        for _line in zip(range(8), child.stdout, strict=False):
            pass
        child.kill()
        assert child.wait() == -signal.SIGKILL
        child.stdin.close()
        child.stdout.close()
        reached.append(part.stat().st_size)
        assert part.read_bytes() == body[: reached[-1]]
        assert not place.destination.exists()
        assert not (place.cache / remote.name).exists()
    assert 0 < reached[0] < reached[1] < len(body)
    server.always.clear()
    place.fetch(remote)
    assert place.destination.read_bytes() == body
    assert server.ranges() == [None, *(f"bytes={at}-" for at in reached)]


def test_processes_that_want_the_same_file_download_it_once(server, place, tmp_path):
    body = random.Random(1).randbytes(1_000_000)
    server.files["/body"], server.always["/body"] = body, "slow"
    remote = declare(server.url("/body"), body=body)
    children = [start_fetching(remote, tmp_path / str(n), place.cache) for n in range(2)]
    let_go(*children)
    origins = [child.communicate(timeout=20)[0].splitlines()[-1] for child in children]
    assert sorted(origins) == ["cache", server.url("/body")]
    assert len(server.log) == 1
    assert all((tmp_path / str(n)).read_bytes() == body for n in range(2))


def test_threads_that_want_the_same_file_download_it_once(server, place, tmp_path):
    server.always["/body"] = "slow"
    remote = declare(server.url("/body"))

    def fetch(number):
        return fetch_file(remote, tmp_path / str(number), cache=place.cache)

    with ThreadPoolExecutor(4) as pool:
        origins = list(pool.map(fetch, range(4)))
    assert sorted(origins) == sorted(["cache"] * 3 + [server.url("/body")])
    assert len(server.log) == 1


# --- compressed files ----------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1, 9])
def test_any_compression_of_the_declared_content_is_accepted_as_it_is(server, place, level):
    server.files["/body"] = packed = gzip.compress(BODY, level)
    remote = declare(server.url("/body"), content="gzip")
    assert place.fetch(remote) == server.url("/body")
    assert place.destination.read_bytes() == packed
    verify_file(place.destination, remote)


@pytest.mark.parametrize("how", ["drop", "silent drop"])
def test_a_gzip_is_taken_up_at_its_own_url_only(server, place, how):
    server.files |= {"/one": gzip.compress(BODY, 1), "/two": gzip.compress(BODY[:9] + BODY[9:], 0)}
    server.plan["/one"] = [how, "404"]
    server.plan["/two"] = [how]
    place.fetch(declare(server.url("/one"), server.url("/two"), content="gzip"))
    assert place.destination.read_bytes() == server.files["/two"]
    assert server.ranges("/two") == [None, "bytes=100000-"]
    assert place.leftovers() == {"cache/set/body.bin", "out/body.bin"}


def test_a_whole_gzip_part_is_recognised_when_the_server_has_nothing_more(server, place):
    url = server.url("/body")
    server.files["/body"] = packed = gzip.compress(BODY)
    own = hashlib.sha256(url.encode()).hexdigest()[:8]
    put(place.cache / f"set/body.bin.{own}.part", packed)
    place.fetch(declare(url, content="gzip"))
    assert server.ranges() == [f"bytes={len(packed)}-"]


def test_a_gzip_that_unpacks_without_end_is_stopped_there(tmp_path):
    bomb = put(tmp_path / "bomb.gz", gzip.compress(bytes(2_000_000)) * 100)  # members in a row
    started = time.process_time()
    with pytest.raises(FetchError, match="more than 1000 bytes"):
        verify_file(bomb, declare(body=bytes(1000), content="gzip"))
    assert time.process_time() - started < 0.2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(BODY)[:-20], "ends early"),
        (BODY, "no valid gzip"),
        (gzip.compress(BODY) + b"junk", "no valid gzip"),
        (gzip.compress(BODY[1:]), "found 299999 bytes"),
        (gzip.compress(BODY)[:500] + bytes(50) + gzip.compress(BODY)[550:], "gzip|found|more"),
    ],
)
def test_a_damaged_gzip_is_told(tmp_path, content, reason):
    with pytest.raises(FetchError, match=reason) as caught:
        verify_file(put(tmp_path / "x.gz", content), declare(content="gzip"))
    assert "of the unpacked content" in str(caught.value)


# --- archives of which one member counts ----------------------------------------------------------


def archive(content=BODY, member="in/table.txt", level=9):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as file:
        file.writestr("other.txt", bytes(1000))
        if member:
            file.writestr(member, content)
    return packed.getvalue()


@pytest.mark.parametrize("level", [0, 9])
def test_any_zip_of_the_declared_member_is_accepted(server, place, level):
    server.files["/body"] = packed = archive(level=level)
    remote = declare(server.url("/body"), content="zip", member="in/table.txt")
    assert place.fetch(remote) == server.url("/body")
    assert place.destination.read_bytes() == packed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (archive()[:-200], "ends early"),
        (BODY, "no valid zip"),
        (archive(member=""), "in/table.txt"),
        (archive(BODY[1:]), "found 299999 bytes"),
        (archive(BODY + b"more"), "more than 300000 bytes"),
        (archive()[:2000] + bytes(50) + archive()[2050:], "zip|found"),
    ],
)
def test_a_zip_without_the_declared_content_is_told(tmp_path, content, reason):
    remote = declare(content="zip", member="in/table.txt")
    with pytest.raises(FetchError, match=reason) as caught:
        verify_file(put(tmp_path / "x.zip", content), remote)
    assert "of in/table.txt in it" in str(caught.value)


# --- disks ---------------------------------------------------------------------------------------


def test_a_full_disk_is_told_before_the_download(server, place, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: usage._replace(free=299_999))
    with pytest.raises(FetchError, match="300000 bytes are needed and 299999 are free") as caught:
        place.fetch(declare(server.url("/body"), server.url("/other")))
    assert str(place.cache) in str(caught.value)
    assert len(server.log) == 1  # another source would not help
    assert place.leftovers() == set()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_is_told_and_the_part_is_given_back(server, place):
    part = place.cache / "set/body.bin.part"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")  # writes to it fail as on a full disk
    with pytest.raises(FetchError, match=os.strerror(errno.ENOSPC)) as caught:
        place.fetch(declare(server.url("/body")))
    assert str(part) in str(caught.value)
    assert "CONVATLAS_CACHE" in str(caught.value)
    assert not part.is_symlink()
    assert not place.destination.exists()


def test_a_destination_that_cannot_be_written_is_told(server, place):
    put(place.destination.parent, b"a file in the way")
    with pytest.raises(FetchError, match="disk does not take it"):
        place.fetch(declare(server.url("/body")))


def test_an_old_destination_survives_a_failure_and_is_replaced_by_a_success(server, place):
    put(place.destination, b"old")
    server.plan["/body"] = ["404"]
    with pytest.raises(FetchError):
        place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == b"old"
    place.fetch(declare(server.url("/body")))
    assert place.destination.read_bytes() == BODY


# --- declarations, cache, packing ----------------------------------------------------------------

ENTRY = {"name": "a/b.gz", "urls": ["https://x.org/b"], "size": 3, "sha256": "AB" * 32}


def test_an_entry_of_the_config_is_read():
    remote = RemoteFile.from_config(ENTRY | {"content": "gzip", "licence": "MIT", "source": "me"})
    assert remote == RemoteFile("a/b.gz", ("https://x.org/b",), 3, "ab" * 32, "gzip")


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../b", "", "a\\b", "a\nb", ".", "x.part", "a//b"]
)
def test_names_that_leave_their_folder_or_meddle_with_the_cache_are_refused(name):
    with pytest.raises(ConvatlasError, match="name"):
        RemoteFile.from_config(ENTRY | {"name": name})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("urls", ["file:///etc/passwd"]),
        ("size", 0),
        ("size", "3"),
        ("size", True),
        ("sha256", "ab"),
        ("sha256", 12),
        ("content", "rar"),
    ],
)
def test_senseless_fields_are_refused_by_name(key, value):
    with pytest.raises(ConvatlasError, match=f"a/b.gz.*{key}"):
        RemoteFile.from_config(ENTRY | {key: value})


@pytest.mark.parametrize("key", ["name", "urls", "size", "sha256"])
def test_missing_fields_are_named(key):
    with pytest.raises(ConvatlasError, match=f"lacks {key}"):
        RemoteFile.from_config({k: v for k, v in ENTRY.items() if k != key})


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CONVATLAS_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    monkeypatch.delenv("CONVATLAS_CACHE")
    assert default_cache().name == "convatlas"


def test_the_mirror_of_the_environment_goes_before_that_of_the_config(monkeypatch, tmp_path):
    config, environment = tmp_path / "config", tmp_path / "environment"
    config.mkdir()
    environment.mkdir()
    monkeypatch.setenv("CONVATLAS_MIRROR", str(environment))
    assert choose_mirror(str(config)) == str(environment)
    assert choose_mirror(None) == str(environment)
    assert choose_mirror(str(tmp_path / "none")) == str(environment)
    monkeypatch.setenv("CONVATLAS_MIRROR", "")
    assert choose_mirror(str(config)) == str(config)
    monkeypatch.delenv("CONVATLAS_MIRROR")
    assert choose_mirror(str(config)) == str(config)
    assert choose_mirror(None) is None
    assert choose_mirror("") is None


@pytest.mark.parametrize("url", ["http://x.org", "https://x.org/mirror/"])
def test_a_mirror_that_is_a_url_is_taken_as_it_is(monkeypatch, url):
    monkeypatch.delenv("CONVATLAS_MIRROR", raising=False)
    assert choose_mirror(url) == url
    monkeypatch.setenv("CONVATLAS_MIRROR", url)
    assert choose_mirror(None) == url


@pytest.mark.parametrize("kind", ["nothing", "file", "ftp://x.org/", "relative/folder"])
def test_a_mirror_that_is_no_folder_is_told_with_where_it_came_from(monkeypatch, tmp_path, kind):
    put(tmp_path / "file", b"")
    monkeypatch.chdir(tmp_path)
    named = kind if kind not in ("nothing", "file") else str(tmp_path / kind)
    monkeypatch.setenv("CONVATLAS_MIRROR", named)
    with pytest.raises(ConvatlasError, match="variable CONVATLAS_MIRROR") as caught:
        choose_mirror(str(tmp_path))
    assert str(tmp_path / Path(named)) in str(caught.value)
    assert "unset it" in str(caught.value)
    monkeypatch.delenv("CONVATLAS_MIRROR")
    with pytest.raises(ConvatlasError, match="`mirror:` in the config") as caught:
        choose_mirror(named)
    assert str(tmp_path / Path(named)) in str(caught.value)
    assert "null" in str(caught.value)


def test_a_mirror_in_the_home_folder_is_found(monkeypatch, tmp_path):
    monkeypatch.delenv("CONVATLAS_MIRROR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / "mirror" / "set/body.bin", BODY)
    chosen = choose_mirror("~/mirror")
    assert fetch_file(declare(), tmp_path / "out", mirror=chosen, cache=tmp_path / "c") == "mirror"


def test_the_errors_are_for_people():
    assert issubclass(FetchError, ConvatlasError)


def test_a_packed_folder_serves_as_mirror_and_passes_sha256sum(server, place, tmp_path):
    server.files["/gz"] = gzip.compress(BODY)
    remotes = [
        declare(server.url("/gz"), name="z/b 1.gz", content="gzip"),
        declare(server.url("/body"), name="a/b.bin"),
    ]
    pack = tmp_path / "pack"
    sums = pack_files(remotes, pack, cache=place.cache)
    expected = [
        (hashlib.sha256(BODY), "a/b.bin"),
        (hashlib.sha256(server.files["/gz"]), "z/b 1.gz"),
    ]
    assert sums.read_text() == "".join(f"{d.hexdigest()}  {name}\n" for d, name in expected)
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=pack, check=True, capture_output=True)
    server.files.clear()
    for remote in remotes:
        assert place.fetch(remote, cache=tmp_path / "other", mirror=pack) == "mirror"


def test_packing_keeps_what_is_right_repairs_what_is_not_and_reports_all_that_fail(
    server, place, tmp_path
):
    pack = tmp_path / "pack"
    put(pack / "kept.bin", BODY)
    put(pack / "broken.bin", b"half")
    remotes = [declare(name=f"lost{n}.bin") for n in (1, 2)]
    remotes += [declare(name="kept.bin"), declare(server.url("/body"), name="broken.bin")]
    with pytest.raises(FetchError, match=r"(?s)lost1\.bin.*lost2\.bin"):
        pack_files(remotes, pack, cache=place.cache)
    assert (pack / "broken.bin").read_bytes() == BODY
    listed = [line.split("  ")[1] for line in (pack / "SHA256SUMS").read_text().splitlines()]
    assert listed == ["broken.bin", "kept.bin"]
    assert {p.name for p in pack.iterdir()} == {"broken.bin", "kept.bin", "SHA256SUMS"}


@pytest.mark.mirror
@pytest.mark.skipif(not os.environ.get("CONVATLAS_MIRROR"), reason="CONVATLAS_MIRROR is not set")
@pytest.mark.parametrize(
    ("name", "size", "sha256", "content"),
    [
        (
            "mnist/train-images-idx3-ubyte.gz",  # compressed anew: not the published bytes
            47040016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "gzip",
        ),
    ],
)
def test_the_real_mirror_serves(tmp_path, name, size, sha256, content):
    remote = RemoteFile(name, (), size, sha256, content)
    destination = tmp_path / "file"
    mirror = os.environ["CONVATLAS_MIRROR"]
    assert fetch_file(remote, destination, mirror=mirror, cache=tmp_path / "cache") == "mirror"
    assert destination.read_bytes() == Path(mirror, name).read_bytes()
