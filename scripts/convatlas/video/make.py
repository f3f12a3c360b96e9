"""Clips made of arrays: pictures that pan over a photograph, with a sound of sines."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import AudioFrame

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.video.clip import LIMITED, Clip, Colour
from convatlas.video.colour import BT709, ToYUV
from convatlas.video.encode import THREADS, add_picture, check_frames, pad_even
from convatlas.video.sound import BITS_PER_CHANNEL

SAMPLES = 1024  # of a packet of AAC


def make_clip(
    frames: Iterable[np.ndarray],
    frame_rate: Fraction | float,
    sound: np.ndarray | None,
    path: str | Path,
    *,
    sample_rate: int = 44_100,
    crf: int = 18,
    preset: str = "veryfast",
    metadata: dict[str, str] | None = None,
) -> None:
    """Write frames and a sound as an MP4: H.264, AAC.

    Parameters
    ----------
    frames : iterable of numpy.ndarray
        (height, width, 3) uint8 RGB each; taken one at a time, so a generator can be long.
    frame_rate : Fraction, int or float
        Frames per second.
    sound : numpy.ndarray or None
        (samples,) or (samples, channels) int16, one or two channels; None for a silent clip.
    path : str or Path
        An ``.mp4``. It appears complete or not at all.
    sample_rate : int
        Samples per second of `sound`.
    crf, preset
        See :class:`convatlas.video.encode.FrameWriter`.
    metadata : dict, optional
        Title and so on.

    Raises
    ------
    ConvatlasError
        If there are no frames, or they or the sound are of the wrong shape or kind.
    """
    pictures = iter(frames)
    first = next(pictures, None)
    if first is None:
        raise ConvatlasError(f"a clip needs at least one frame: {path} would have none")
    clip = _described(str(path), first.shape, Fraction(frame_rate).limit_denominator(100_000))
    samples = None if sound is None else _checked(sound)
    with (
        atomic_path(path) as part,
        av.open(
            str(part.absolute()), "w", format="mp4", options={"movflags": "+faststart"}
        ) as target,
    ):
        target.metadata.update(metadata or {})
        options = {"crf": str(crf), "preset": preset, "threads": str(THREADS)}
        stream, to_yuv = add_picture(target, clip, options), ToYUV(BT709)
        track = None if samples is None else _add_track(target, samples, sample_rate)
        heard = 0
        for number, picture in enumerate(_chain(first, pictures)):
            check_frames(picture[None], clip)
            frame = to_yuv(pad_even(picture))
            frame.pts, frame.time_base = number, clip.time_base
            target.mux(stream.encode(frame))
            if track is not None:
                until = int((number + 1) * sample_rate / clip.frame_rate)
                heard = _play(target, track, samples, heard, until, sample_rate)
        target.mux(stream.encode(None))
        if track is not None:
            _play(target, track, samples, heard, len(samples) + SAMPLES, sample_rate)
            target.mux(track.encode(None))


def _described(path: str, shape: tuple[int, ...], rate: Fraction) -> Clip:
    return Clip(
        path=path,
        container="mov",
        codec="h264",
        stream=0,
        width=shape[1],
        height=shape[0],
        rotation=0,
        mirrored=False,
        pixel_aspect=Fraction(1),
        frame_rate=rate,
        time_base=1 / rate,
        timestamps=(0,),
        durations=(1,),
        keyframes=(0,),
        pixel_format="yuv420p",
        alpha=False,
        colour=Colour(BT709, LIMITED, BT709, BT709),
        sounds=(),
        metadata={},
        start=Fraction(0),
        seekable=True,
        damage="",
    )


def _chain(first: np.ndarray, others: Iterable[np.ndarray]) -> Iterable[np.ndarray]:
    yield first
    yield from others


def _checked(sound: np.ndarray) -> np.ndarray:
    samples = sound[:, None] if sound.ndim == 1 else sound
    if samples.dtype != np.int16 or samples.ndim != 2 or samples.shape[1] not in (1, 2):
        raise ConvatlasError(
            f"a sound is (samples,) or (samples, 1 or 2) int16, not {sound.shape} {sound.dtype}"
        )
    return samples


def _add_track(
    target: av.container.OutputContainer, samples: np.ndarray, rate: int
) -> av.AudioStream:
    track = target.add_stream("aac", rate=rate)
    track.codec_context.layout = "mono" if samples.shape[1] == 1 else "stereo"
    track.codec_context.bit_rate = BITS_PER_CHANNEL * samples.shape[1]
    return track


def _play(
    target: av.container.OutputContainer,
    track: av.AudioStream,
    samples: np.ndarray,
    heard: int,
    until: int,
    rate: int,
) -> int:
    """Encode whole packets up to a sample, and what is left once that is past the end."""
    until = until if until > len(samples) else until - until % SAMPLES
    for start in range(heard, min(until, len(samples)), SAMPLES):
        piece = np.ascontiguousarray(samples[start : start + SAMPLES].reshape(1, -1))
        frame = AudioFrame.from_ndarray(piece, "s16", track.codec_context.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        target.mux(track.encode(frame))
    return max(heard, min(until, len(samples)))
