"""Two hundred bad files: none ends the server, none that is refused leaves anything behind."""

import numpy as np
import pytest
import requests
from bad_files import COUNT, bad_files
from visits import SECONDS

from convatlas.studio.limits import (
    RefusedError,
    look_at_upload,
    probe_upload,
    read_drawing,
    read_upload,
)


def test_every_bad_file_is_read_or_refused_in_words(clip, tmp_path):
    told = []
    for _, content in bad_files(clip):
        path = tmp_path / "upload"
        path.write_bytes(content)
        try:
            suffix = look_at_upload(path)
            # whatever passes is used as what it was taken for
            read = probe_upload if suffix == ".mp4" else read_upload
            assert read(path) is not None
        except RefusedError as error:
            told.append(str(error))
    assert len(told) > COUNT / 3
    assert not [words for words in told if str(tmp_path) in words or not words.endswith(".")]


def test_two_hundred_bad_uploads_leave_a_server_and_no_file(studio, clip):
    before, kept = set(studio.files()), 0
    codes = []
    for name, content in bad_files(clip):
        found = requests.post(
            f"{studio.url}/gradio_api/upload",
            files={"files": (name, content)},
            timeout=SECONDS,
        )
        codes.append(found.status_code)
        kept += found.status_code == 200
    assert len(codes) == COUNT
    assert set(codes) <= {200, 400, 413, 415}, sorted(set(codes))
    assert codes.count(415) > COUNT / 3
    # what was taken has been decoded whole, and lies under a name of ours
    left = set(studio.files()) - before
    assert len(left) == kept
    assert {path.stem for path in left} <= {"upload"}
    assert requests.get(studio.url, timeout=SECONDS).ok


@pytest.mark.parametrize(
    "text",
    [None, 7, "", "data:image/svg+xml;base64,AAAA", "data:image/png;base64,", "x" * 3_000_000,
     "data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,%%%", ["data:image/png"]],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(text):
    with pytest.raises(RefusedError):
        read_drawing(text)


def test_a_drawing_is_read():
    import base64
    import io

    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (5, 4), "white").save(content, "PNG")
    text = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    assert np.array_equal(read_drawing(text), np.full((4, 5, 3), 255))
