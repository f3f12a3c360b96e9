"""Colours: from what a clip stores to RGB of 0 to 255, and back to what players expect.

Matrices and ranges are those of ITU-T H.273. swscale does the arithmetic, told to round rightly and
to interpolate chroma in full (its quick default is off by up to 3 of 255).
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
from av import VideoFrame
from av.filter import Graph
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from convatlas.errors import ConvatlasError
from convatlas.video.clip import FULL, LIMITED, Colour

RGB, BT709, UNSPECIFIED, RESERVED, BT601, BT2020 = 0, 1, 2, 3, 6, 9
SD_HEIGHT = 576
"""Untagged clips up to this height are read as BT.601, taller ones as BT.709, as players do."""

_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
_RANGES = {FULL: ColorRange.JPEG, LIMITED: ColorRange.MPEG}
_EXACT = (
    Interpolation.BICUBIC
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.BITEXACT  # the same on every processor, for nothing
)


def colour_of(frame: VideoFrame) -> Colour:
    """Read how a decoded frame's numbers are meant; what is not said is taken as players take it.

    Parameters
    ----------
    frame : av.VideoFrame
        As decoded.

    Returns
    -------
    Colour
        With the matrix and range settled.
    """
    name, tags = frame.format.name, (frame.color_primaries, frame.color_trc)
    if frame.format.is_rgb or frame.format.has_palette:
        return Colour(RGB, FULL, *tags, tagged=True)
    full = frame.color_range == ColorRange.JPEG or name.startswith("yuvj")
    if frame.color_range == ColorRange.UNSPECIFIED and name.startswith(("gray", "ya", "mono")):
        full = True  # pictures in grey are of the computer's world
    tagged = frame.colorspace in _MATRICES
    guess = BT601 if frame.height <= SD_HEIGHT else BT709
    matrix = int(frame.colorspace) if tagged else guess
    return Colour(matrix, FULL if full else LIMITED, *tags, tagged=tagged)


def check_matrix(frame: VideoFrame, path: str | Path) -> None:
    """Refuse colours of a kind that would be shown wrongly.

    Raises
    ------
    ConvatlasError
        If the picture's numbers are none of the usual YUV (YCgCo, ICtCp ...).
    """
    code = int(frame.colorspace)
    if frame.format.is_rgb or code in (RGB, UNSPECIFIED, RESERVED) or code in _MATRICES:
        return
    raise ConvatlasError(
        f"{path} keeps its colours in a way that cannot be read here (matrix {code} of ITU-T "
        "H.273, such as YCgCo or ICtCp). Convert it to BT.709."
    )


def has_alpha(frame: VideoFrame) -> bool:
    """Say whether a frame's pixels can be transparent."""
    return frame.format.has_palette or any(part.is_alpha for part in frame.format.components)


class ToRGB:
    """Turn decoded frames into RGB; keeps swscale's tables from frame to frame (one thread each).

    Parameters
    ----------
    colour : Colour
        How the clip's numbers are meant.
    width, height : int
        Of the stored picture; a frame of another size (some streams change it) is scaled.
    """

    def __init__(self, colour: Colour, width: int, height: int) -> None:
        self._convert, self._interleave = VideoReformatter(), VideoReformatter()
        self._colour, self._size = colour, (width, height)
        self._to_usual = _ToUsualRange(colour, width, height) if colour.hdr else None

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        """Return (height, width, 3) uint8; what is transparent is laid on black."""
        if self._to_usual:
            return self._to_usual(frame)
        alpha = has_alpha(frame)
        planes = self._convert.reformat(
            frame,
            *self._size,
            # To planes first: swscale is four times as fast there, for the same numbers.
            format="gbrap" if alpha else "gbrp",
            src_colorspace=_MATRICES.get(self._colour.matrix),
            src_color_range=_RANGES[self._colour.range],
            dst_color_range=ColorRange.JPEG,
            interpolation=_EXACT,
            threads=1,  # decoding and the network have the other cores
        )
        if not alpha:
            return self._interleave.reformat(planes, format="rgb24", threads=1).to_ndarray()
        rgb = self._interleave.reformat(planes, format="rgba", threads=1).to_ndarray()
        weighed = rgb[..., :3] * rgb[..., 3:].astype(np.uint16)
        return ((weighed + 127) // 255).astype(np.uint8)


class _ToUsualRange:
    """Turn HDR (PQ, HLG) into RGB of BT.709, as a usual screen shows it: swscale maps the tones."""

    def __init__(self, colour: Colour, width: int, height: int) -> None:
        self._colour, self._size = colour, (width, height)
        self._graph, self._kind = None, None

    def __call__(self, frame: VideoFrame) -> np.ndarray:
        """Return (height, width, 3) uint8."""
        kind = (frame.format.name, frame.width, frame.height)
        if kind != self._kind:  # a graph takes one kind of frame
            self._graph, self._kind = self._build(frame), kind
        frame.colorspace, frame.color_trc = self._colour.matrix, self._colour.transfer
        frame.color_range = int(_RANGES[self._colour.range])
        if self._colour.primaries == UNSPECIFIED:
            frame.color_primaries = BT2020
        self._graph.push(frame)
        return self._graph.pull().to_ndarray()

    def _build(self, frame: VideoFrame) -> Graph:
        graph, (width, height) = Graph(), self._size
        usual = "out_primaries=bt709:out_transfer=bt709:out_color_matrix=bt709:out_range=pc"
        graph.link_nodes(
            graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=frame.time_base or Fraction(1, 1000),
            ),
            graph.add("scale", f"{width}:{height}:{usual}"),
            graph.add("format", "rgb24"),
            graph.add("buffersink"),
        ).configure()
        return graph


class ToYUV:
    """Turn RGB into the planes that an encoder takes: 4:2:0, limited range."""

    def __init__(self, matrix: int) -> None:
        self._reformatter, self._matrix = VideoReformatter(), matrix

    def __call__(self, picture: np.ndarray) -> VideoFrame:
        """Return a ``yuv420p`` frame of (height, width, 3) uint8, both sides even."""
        return self._reformatter.reformat(
            VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24"),
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_colorspace=_MATRICES[self._matrix],
            dst_color_range=ColorRange.MPEG,
            interpolation=_EXACT,
            threads=1,
        )


def output_tags(colour: Colour) -> tuple[int, int, int]:
    """Return matrix, primaries and transfer to write a clip of these colours with.

    The source's own, so that a player does with the result what it would have done with the
    source. What comes as RGB (GIF, PNG) is written and tagged as BT.709, and so is HDR, which eight
    bits do not hold. What is untagged gets the matrix that was assumed, named; primaries and
    transfer go with it.
    """
    if colour.hdr:
        return BT709, BT709, BT709
    matrix = BT709 if colour.matrix not in _MATRICES else colour.matrix
    if colour.matrix not in _MATRICES or not colour.tagged:
        return matrix, matrix, matrix
    return matrix, colour.primaries, colour.transfer
