"""Whether clips can be written: the encoders in PyAV's ffmpeg."""

from collections.abc import Iterator

from convatlas.doctor.findings import Finding

ENCODERS = {"libx264": "pictures of restyled clips", "aac": "sound that MP4 cannot hold as it is"}


def check_encoders() -> Iterator[Finding]:
    """Say which of the encoders that clips need are there, and of which PyAV and ffmpeg."""
    import av

    versions = ".".join(map(str, av.library_versions["libavcodec"]))
    missing = [name for name in ENCODERS if not has_encoder(name)]
    for name in missing:
        told = f"no {name}, which writes {ENCODERS[name]}"
        remedy = "take the wheel of PyAV that requirements.lock pins: make setup"
        yield Finding("fault", "encoders", told, f"av {av.__version__}", remedy)
    if not missing:
        told = f"{' and '.join(ENCODERS)}, of libavcodec {versions}"
        yield Finding("ok", "encoders", told, f"av {av.__version__}")


def has_encoder(name: str) -> bool:
    """Tell whether a codec can be written with."""
    import av

    try:
        av.codec.Codec(name, "w")
    except (ValueError, av.error.FFmpegError):
        return False
    return True
