"""IDX files written by hand, and damaged ones."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convatlas.data.idx import read_idx
from convatlas.errors import ConvatlasError

HEADER = bytes([0, 0, 0x08, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3])
BODY = bytes([1, 2, 3, 4, 5, 6, 250, 251, 252, 253, 254, 255])
PICTURES = [[[1, 2, 3], [4, 5, 6]], [[250, 251, 252], [253, 254, 255]]]


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "digits-idx3-ubyte"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_pictures_written_by_hand_are_read_row_by_row(written, pack):
    pictures = read_idx(written(pack(HEADER + BODY)))
    assert pictures.dtype == np.uint8
    assert pictures.tolist() == PICTURES
    pictures[0] = 0  # the caller owns it


def test_labels_have_one_dimension(written):
    assert read_idx(written(b"\0\0\x08\x01\0\0\0\x03\x07\x00\x09")).tolist() == [7, 0, 9]
    assert read_idx(str(written(b"\0\0\x08\x01\0\0\0\0"))).tolist() == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not start with two zero bytes"),
        (b"\0\0\x08", "does not start with two zero bytes"),
        (b"PNG?" + BODY, "does not start with two zero bytes"),
        (b"\0\0\x0d\x01" + b"\0\0\0\x01" + b"\0" * 4, "type 0x0d"),
        (HEADER[:11], "cut short at 11 bytes"),
        (HEADER + BODY[:-1], "27 bytes, but its header .2, 2, 3. says 28"),
        (HEADER + BODY + b"\0", "29 bytes"),
        (gzip.compress(HEADER + BODY)[:-9], "gzip stream is damaged"),
        (gzip.compress(HEADER + BODY)[:5], "gzip stream is damaged"),
        (b"\0\0\x08\x04" + struct.pack(">4I", *[2**31] * 2, 4, 1), "20 bytes, but its header"),
    ],
)
def test_a_damaged_file_is_refused_by_name_and_reason(written, content, message):
    path = written(content)
    with pytest.raises(ConvatlasError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_a_flipped_byte_in_a_gzip_stream_is_seen(written):
    whole = bytearray(gzip.compress(HEADER + BODY))
    whole[-6] ^= 0xFF  # in the checksum
    with pytest.raises(ConvatlasError, match=r"damaged.*fetch it again"):
        read_idx(written(bytes(whole)))


@given(st.one_of(st.binary(max_size=40), st.binary(max_size=40).map(lambda b: b"\0\0\x08" + b)))
def test_no_content_ends_in_another_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any", numbered=True) / "file"
    path.write_bytes(content)
    try:
        array = read_idx(path)
    except ConvatlasError:
        return
    assert content.endswith(array.tobytes())
