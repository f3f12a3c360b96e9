"""A clip restyled with its sound, as the pipeline's rules for videos do it one after another."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from convatlas.errors import ConvatlasError
from convatlas.studio.jobs import Job
from convatlas.studio.limits import probe_upload
from convatlas.studio.restyling import Stylizer
from convatlas.video.assemble import assemble_video
from convatlas.video.segments import plan_segments
from convatlas.video.transform import transform_segment

BATCH = 2


@dataclass(frozen=True)
class RestyledClip:
    """What came of a clip.

    Attributes
    ----------
    path : Path
        An MP4.
    frames : int
        How many.
    notes : tuple of str
        What could not be kept, for people.
    """

    path: Path
    frames: int
    notes: tuple[str, ...]


def restyle_clip(source: Path, stylizer: Stylizer, output: Path, job: Job) -> RestyledClip:
    """Restyle a visitor's clip, frame after frame.

    Parameters
    ----------
    source : Path
        The clip.
    stylizer : callable
        Frames to frames.
    output : Path
        An ``.mp4`` in a folder of its own; what is written on the way lies beside it, and goes.
    job : Job
        Told after every few frames, and asked whether to go on.

    Raises
    ------
    ConvatlasError
        If the clip cannot be read, or not be written.
    """
    job.progress(0, 1, "looking at the clip")
    clip = probe_upload(source, lambda: job.progress(0, 1, "looking at the clip"))
    (segment,) = plan_segments(clip, count=1)
    parts = output.parent / "parts"
    parts.mkdir(mode=0o700)
    try:
        part = parts / "0.nut"
        transform_segment(source, clip, segment, stylizer, part, batch=BATCH, progress=job.progress)
        made = assemble_video(clip, [part], output)
    except OSError as error:
        raise ConvatlasError(f"The clip cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(parts, ignore_errors=True)
    damage = (f"The clip is damaged: {clip.damage}",) if clip.damage else ()
    return RestyledClip(output, clip.frames, (*made.notes, *damage))
