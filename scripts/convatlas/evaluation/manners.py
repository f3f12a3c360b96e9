"""How near restyled clips come to a painter's manner, beside what that costs them.

The comparison that the documents leave to future work: a network that learnt from paintings, one
that translates photographs into them, and those that take their style from a single picture.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from convatlas.data.clip_frames import training_frames
from convatlas.evaluation.painting_features import PaintingFeatures
from convatlas.evaluation.painting_scores import PaintingScores
from convatlas.evaluation.videos import EMPTY, tell
from convatlas.files import read_json
from convatlas.tables import read_hours

FILMED = "as filmed"
"""The row of the clips as they were."""


def gather_videos(
    clips: Sequence[str], styles: Sequence[str], videos: Sequence[str]
) -> dict[str, list[str]]:
    """Return restyled clips by style, those as they were filmed first.

    Parameters
    ----------
    clips : sequence of str
        Files of the clips as they were.
    styles : sequence of str
        Names.
    videos : sequence of str
        Restyled clips, of the first style all of them, then of the next.
    """
    each = len(clips)
    restyled = {s: list(videos[i * each : (i + 1) * each]) for i, s in enumerate(styles)}
    return {FILMED: list(clips), **restyled}


def score_manners(
    scores: PaintingScores,
    looks: PaintingFeatures,
    videos: Mapping[str, Sequence[str | Path]],
    *,
    side: int,
) -> pd.DataFrame:
    """Measure how near frames are to paintings, and to what was filmed, each style over all clips.

    Parameters
    ----------
    scores : PaintingScores
        Against the paintings.
    looks : PaintingFeatures
        By which a frame is compared with the same one as it was filmed.
    videos : mapping of str to sequence of path
        By style, its restyled clips; under :data:`FILMED` the clips themselves.
    side : int
        Pixels that frames are brought to: those of the paintings.

    Returns
    -------
    pandas.DataFrame
        A row per style: style, frames, content_distance (mean of
        :meth:`PaintingFeatures.differences`), and those of :meth:`PaintingScores.score`.
    """
    filmed = training_frames(videos[FILMED], least=round(side * 3 / 4))
    rows = []
    for style, paths in videos.items():
        frames = training_frames(paths, least=round(side * 3 / 4))
        content = float(looks.differences(filmed, frames).mean())
        rows.append(
            {
                "style": style,
                "frames": len(frames),
                "content_distance": content,
                **scores.score(frames),
            }
        )
    return pd.DataFrame(rows)


def read_speeds(
    benchmarks: str | Path,
    frames: Mapping[str, Mapping[str, int]],
    segments: Sequence[str | Path],
) -> dict[str, float]:
    """Return frames a second of each style, from Snakemake's benchmarks of its segments.

    Parameters
    ----------
    benchmarks : str or Path
        Folder of the benchmarks.
    frames : mapping
        By style and clip: its frames.
    segments : sequence of str or Path
        ``segments.json`` in the folder of each clip: a clip that was once cut into more has
        benchmarks that no longer count.
    """
    counts = {Path(path).parent.name: len(read_json(path)) for path in segments}
    speeds = {}
    for style, clips in frames.items():
        paths = [
            Path(benchmarks) / "stylize_segment" / clip / style / f"{number}.tsv"
            for clip in clips
            for number in range(counts[clip])
        ]
        if all(path.exists() for path in paths):  # benchmarks do not travel with results
            seconds = sum(pd.read_csv(path, sep="\t")["s"].sum() for path in paths)
            speeds[style] = sum(clips.values()) / seconds
    return speeds


def sum_hours(styles: Sequence[str], histories: Sequence[str | Path]) -> dict[str, float]:
    """Return how long all networks of each style were trained, as far as histories say it.

    Parameters
    ----------
    styles : sequence of str
        A style for each history; one comes as often as it has networks.
    histories : sequence of str or Path
        As of :func:`convatlas.tables.read_hours`.
    """
    hours: dict[str, float] = {}
    for style, history in zip(styles, histories, strict=True):
        taken = read_hours({style: history})
        hours[style] = hours.get(style, 0.0) + taken.get(style, 0.0)
    return {style: taken for style, taken in hours.items() if taken}


def manners_table(
    manners: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    hours: Mapping[str, float],
    speeds: Mapping[str, float],
    features: str,
) -> pd.DataFrame:
    """Lay out styles for people: manner, content, flicker, speed, training.

    Parameters
    ----------
    manners : pandas.DataFrame
        As of :func:`score_manners`.
    scores : pandas.DataFrame
        As of :func:`convatlas.evaluation.videos.tabulate_scores`.
    titles : mapping of str to str
        What people call styles.
    hours : mapping of str to float
        That training took, of the styles that were trained here.
    speeds : mapping of str to float
        Frames a second.
    features : str
        Whose features distances are of.
    """
    rows = []
    measured = scores.groupby("style")[["edge_similarity", "warping_error_ratio"]].mean()
    for row in manners.to_dict("records"):
        style = row["style"]
        own: Mapping[str, Any] = measured.loc[style] if style in measured.index else {}
        rows.append(
            {
                "clips are": titles.get(style, style),
                "FID to paintings": f"{row['fid']:.1f}",
                "KID": f"{row['kid']:.4f} ({row['kid_low']:.4f} to {row['kid_high']:.4f})",
                "floor": f"{row['floor_halves']:.1f}",
                "edges kept (SSIM)": tell(own.get("edge_similarity", np.nan), digits=2),
                "distance to the frames as filmed": f"{row['content_distance']:.3f}",
                "warping error over the original's": tell(
                    own.get("warping_error_ratio", np.nan), digits=2
                ),
                "frames a second": tell(speeds.get(style, np.nan), digits=2),
                "hours of training": f"{hours[style]:.2f}" if style in hours else EMPTY,
                "features": features,
                "frames are": row["sees"],
                "frames": row["frames"],
                "note": row["note"],
            }
        )
    return pd.DataFrame(rows)
