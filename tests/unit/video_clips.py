"""Makes the awkward clips of the video tests: tiny, each frame knowing its own number."""

from fractions import Fraction

import av
import numpy as np

WIDTH, HEIGHT, BITS = 64, 48, 6
RED, GREEN, BLUE, WHITE = (200, 40, 40), (40, 160, 60), (50, 60, 200), (230, 230, 230)


def picture(number, width=WIDTH, height=HEIGHT):
    """A frame: red, green, blue, white in its corners, and its number in bits across the middle."""
    frame = np.full((height, width, 3), 110, np.uint8)
    h, w = height // 3, width // 3
    frame[:h, :w], frame[:h, -w:], frame[-h:, :w], frame[-h:, -w:] = RED, GREEN, BLUE, WHITE
    step = width // BITS
    for bit in range(BITS):
        part = slice(bit * step, (bit + 1) * step)
        frame[h : height - h, part] = 235 if number >> bit & 1 else 20
    return frame


def number_of(frame):
    """Read a frame's number back."""
    height, width = frame.shape[:2]
    step, h = width // BITS, height // 3
    middle = frame[h + 2 : height - h - 2].mean(axis=(0, 2))
    bits = [middle[bit * step + 2 : (bit + 1) * step - 2].mean() > 128 for bit in range(BITS)]
    return sum(1 << bit for bit, on in enumerate(bits) if on)


def corner_colours(frame):
    """Mean colours near the four corners: top left, top right, bottom left, bottom right."""
    a, b = slice(2, 12), slice(-12, -2)
    return [frame[y, x].mean(axis=(0, 1)) for y in (a, b) for x in (a, b)]


def tone(seconds, rate=44_100, channels=1, hertz=440.0):
    """A sine as (samples, channels) int16."""
    time = np.arange(round(seconds * rate)) / rate
    wave = (9000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
    return np.repeat(wave[:, None], channels, axis=1)


def write_clip(
    path,
    *,
    count=12,
    frames=None,
    rate=25,
    base=None,
    times=None,
    codec="libx264",
    pix_fmt="yuv420p",
    size=(WIDTH, HEIGHT),
    gop=5,
    bframes=0,
    matrix=None,
    full=False,
    aspect=None,
    rotation=0,
    flip=False,
    sounds=(),
    container=None,
    options=None,
    metadata=None,
    container_options=None,
    alpha_mode=False,
):
    """Write a clip the way its arguments say.

    `times` are in ticks of `base`; `sounds` are dicts of codec, seconds, start, rate, channels,
    language.
    """
    base = Fraction(base) if base else 1 / Fraction(rate)
    pictures = frames if frames is not None else [picture(n, *size) for n in range(count)]
    times = times if times is not None else range(len(pictures))
    with av.open(str(path), "w", format=container, options=container_options or {}) as target:
        target.metadata.update(metadata or {})
        fixed = {"sc_threshold": "0"} if codec == "libx264" else {}
        stream = target.add_stream(codec, rate=Fraction(rate), options=fixed | (options or {}))
        context = stream.codec_context
        context.width, context.height = pictures[0].shape[1], pictures[0].shape[0]
        context.pix_fmt, context.time_base, stream.time_base = pix_fmt, base, base
        context.gop_size, context.max_b_frames = gop, bframes
        if matrix is not None:
            context.colorspace = context.color_primaries = context.color_trc = matrix
        context.color_range = 2 if full else 1
        if aspect:
            context.sample_aspect_ratio = Fraction(aspect)
        if alpha_mode:
            stream.metadata["alpha_mode"] = "1"
        if rotation or flip:
            stream.set_display_rotation(rotation, hflip=flip)
        tracks = [sound_track(target, **sound) for sound in sounds]
        packets = []
        for data, time in zip(pictures, times, strict=True):
            frame = _frame(data, pix_fmt, matrix, full)
            frame.pts, frame.time_base = time, base
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for track, sound in zip(tracks, sounds, strict=True):
            packets += sound_packets(track, **sound)
        for packet in sorted(packets, key=lambda p: float((p.dts or 0) * p.time_base)):
            target.mux(packet)
    return path


def _frame(data, pix_fmt, matrix, full):
    frame = av.VideoFrame.from_ndarray(data, format="rgba" if data.shape[2] == 4 else "rgb24")
    if pix_fmt in ("rgb24", "rgba", "rgb8", "pal8", "bgr0", "gbrp"):
        return frame.reformat(format=pix_fmt)
    codes = {None: "ITU601", 1: "ITU709", 5: "ITU601", 6: "ITU601", 9: "BT2020"}
    return frame.reformat(
        format=pix_fmt,
        src_color_range="JPEG",
        dst_colorspace=codes[matrix],
        dst_color_range="JPEG" if full else "MPEG",
    )


def sound_track(target, *, codec="aac", rate=44_100, channels=1, language=None, **_):
    options = {"strict": "experimental"} if codec == "vorbis" else {}
    track = target.add_stream(codec, rate=rate, options=options)
    track.codec_context.layout = "mono" if channels == 1 else "stereo"
    if language:
        track.metadata["language"] = language
    return track


def sound_packets(track, *, seconds, start=0.0, rate=44_100, channels=1, hertz=440.0, **_):
    samples = tone(seconds, rate, channels, hertz)
    layout = track.codec_context.layout.name
    size = track.codec_context.frame_size or 1024
    packets = []
    for at in range(0, len(samples), size):
        piece = np.ascontiguousarray(samples[at : at + size]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, "s16", layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = at + round(start * rate)
        packets += track.encode(frame)
    return packets + track.encode(None)


def process(clip, folder, *, count=2, stylizer=lambda frames: frames, name="result.mp4", **options):
    """Segments, each transformed, then joined: what the rules do."""
    from convatlas.video.assemble import assemble_video
    from convatlas.video.segments import plan_segments
    from convatlas.video.transform import transform_segment

    parts = []
    for segment in plan_segments(clip, count=count):
        parts.append(folder / f"part_{segment.number}.nut")
        transform_segment(clip.path, clip, segment, stylizer, parts[-1], **options)
    return folder / name, assemble_video(clip, parts, folder / name)


def all_frames(path, clip):
    """Every frame, (n, height, width, 3)."""
    from convatlas.video.decode import read_frames

    return np.concatenate(list(read_frames(path, clip, batch=8)))
