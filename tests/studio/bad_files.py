"""Two hundred files that are not what they should be, drawn from a seed."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

COUNT = 200
KINDS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")


def good_pictures() -> dict[str, bytes]:
    """A small picture of each kind, with enough in it to damage."""
    ramp = np.add.outer(np.arange(48), 2 * np.arange(64)).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (48, 64), dtype=np.uint8)
    picture = Image.fromarray(np.stack([ramp, noise, 255 - ramp], axis=2))
    made = {}
    for kind in KINDS:
        content = io.BytesIO()
        picture.save(content, kind)
        made[kind.lower()] = content.getvalue()
    return made


def png_of(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head promises more pixels than any memory holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def bombs_and_texts() -> dict[str, bytes]:
    """Bombs, pages, programs, lists and sheets under names of pictures and clips."""
    zipped, sheet = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.png", bytes(20_000_000))
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("[Content_Types].xml", "<Types/>")
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    listed = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    return {
        "empty.png": b"",
        "one.jpg": b"\xff",
        "bomb.zip": zipped.getvalue(),
        "bomb.png": zipped.getvalue(),
        "bomb.gz.mp4": gzip.compress(bytes(20_000_000)),
        "wide.png": png_of(60_000, 60_000),
        "long.png": png_of(1, 2_000_000_000),
        "large.png": png_of(9_000, 9_000),
        "script.svg": svg,
        "script.png": svg,
        "page.html": b"<!doctype html><script>alert(1)</script>",
        "page.jpg": b"<!doctype html><script>alert(1)</script>",
        "list.m3u8": listed,
        "list.mp4": listed,
        "concat.mp4": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "media.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n",
        "program.mp4": b"\x7fELF" + bytes(3000),
        "sheet.xlsx": sheet.getvalue(),
        "sheet.csv": b"a,b\n1,2\n" * 400,
        "formula.csv": b"=cmd|' /C calc'!A0\n" * 9,
        "postscript.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n",
        "document.pdf": b"%PDF-1.7\n1 0 obj<<>>endobj\n",
        "pickle.pt": b"\x80\x04\x95" + bytes(400),
    }


def bad_files(clip: Path, count: int = COUNT) -> Iterator[tuple[str, bytes]]:
    """Give names and contents: bombs first, then pictures and clips that are cut off or flipped."""
    yield from bombs_and_texts().items()
    whole = {**good_pictures(), "mp4": clip.read_bytes()}
    generator = np.random.default_rng(8)
    kinds = list(whole)
    for number in range(count - len(bombs_and_texts())):
        kind = kinds[number % len(kinds)]
        content = bytearray(whole[kind])
        if number // len(kinds) % 2:
            content = content[: generator.integers(1, len(content))]
        else:
            for place in generator.integers(0, len(content), generator.integers(1, 40)):
                content[place] ^= 1 << int(generator.integers(8))
        # of any kind and under any name
        name = ["a.{}", "../../a.{}", "a.{}\u0000.png", "é" * 90 + ".{}", "x.html", "con.{}"][
            int(generator.integers(6))
        ]
        yield name.format(kind), bytes(content)
