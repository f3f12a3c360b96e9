"""The IDX format of the MNIST files (LeCun, Cortes and Burges, *The MNIST database*)."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from convatlas.errors import ConvatlasError

UNSIGNED_BYTE = 0x08


def read_idx(path: str | Path) -> np.ndarray:
    """Read an IDX file of unsigned bytes, gzip-compressed or not.

    Parameters
    ----------
    path : str or Path
        The file. Compression is recognised by content, not by name.

    Returns
    -------
    numpy.ndarray
        uint8, of the shape that the file states: (n,) for labels, (n, rows, columns) for pictures.

    Raises
    ------
    ConvatlasError
        If the file is not IDX, holds another type, or its length is not what its header says.
    """
    raw = Path(path).read_bytes()
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise ConvatlasError(
                f"{path}: the gzip stream is damaged ({error}); fetch it again"
            ) from None
    if len(raw) < 4 or raw[:2] != b"\0\0":
        raise ConvatlasError(f"{path}: not an IDX file (it does not start with two zero bytes)")
    kind, dimensions = raw[2], raw[3]
    if kind != UNSIGNED_BYTE:
        raise ConvatlasError(f"{path}: IDX type 0x{kind:02x}; only 0x08 (unsigned byte) is read")
    header = 4 + 4 * dimensions
    if len(raw) < header:
        raise ConvatlasError(f"{path}: the IDX header is cut short at {len(raw)} bytes")
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    expected = header + math.prod(shape)
    if len(raw) != expected:
        raise ConvatlasError(
            f"{path}: {len(raw)} bytes, but its header {shape} says {expected}; fetch it again"
        )
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape).copy()
