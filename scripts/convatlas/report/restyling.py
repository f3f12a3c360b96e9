"""How clips were restyled in a run, and what was measured of them, in words for the report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from convatlas.evaluation.videos import tell, tell_change
from convatlas.files import read_json
from convatlas.report.videos import plays_in_browsers
from convatlas.report.words import say_plainly
from convatlas.video_catalog import SEARCHES

COLORS = {
    "style": "the style's colours",
    "luminance": "the clip's own colours, by luminance",
    "histogram": "the clip's own colours, by histogram",
}
SET = {
    "style_pixels": "style picture of {} pixels",
    "number_format": "in {}",
    "tile_pixels": "in tiles of {} pixels",
    "memory_mib": "within {} MiB",
}
"""Options that are told where a style sets them."""


def describe_style(name: str, config: Mapping[str, Any], clips: Sequence[str] = ()) -> str:
    """Say by what network a style is made, from which pictures, and with which options.

    Parameters
    ----------
    name : str
        Key of a style.
    config : mapping
        The run's config.
    clips : sequence of str
        What is shown: those among them that the network was trained on are named.

    Returns
    -------
    str
        One line.
    """
    style = config["styles"][name]
    stylizer = config["stylizers"][style["stylizer"]]
    told = [stylizer["title"]]
    if training := stylizer.get("training"):
        told.append(_describe_training(training, config))
        if seen := [clip for clip in clips if clip in training["clips"]]:
            all_seen = len(seen) == len(clips) == 1
            named = "; ".join(config["clips"][clip]["title"] for clip in seen)
            told.append("learnt on this clip" if all_seen else f"learnt on clips shown: {named}")
    if painter := stylizer.get("painter"):
        told.append(_describe_painter(painter, config))
    told += [_describe_search(stylizer[kind], config) for kind in SEARCHES if kind in stylizer]
    if pictures := style.get("pictures"):
        told.append(_describe_mixture(pictures, config))
    told += [f"strength {style['strength']:g}", COLORS[style["color"]]]
    told += [words.format(style[key]) for key, words in SET.items() if style.get(key) is not None]
    told += ["compiled"] if style.get("compile") else []
    told += ["with a mask"] if style.get("mask") else []
    held = style["stabilise"]
    if isinstance(held, Mapping):
        settings = {key.replace("_", " "): value for key, value in held.items()}
        told.append(f"stabilised ({say_plainly(settings).replace(';', ',')})")
    elif {*SEARCHES} & {*stylizer} and not stylizer.get("inversion", {}).get("encoder"):
        told.append("every frame from where the one before ended")
    else:
        told.append("stabilised" if held else "every frame by itself")
    return "; ".join(told)


def _describe_mixture(pictures: Mapping[str, float], config: Mapping[str, Any]) -> str:
    titles = {name: config["pictures"][name]["title"] for name in pictures}
    if len(pictures) == 1:
        return f"style of {next(iter(titles.values()))}"
    whole = sum(pictures.values())
    parts = [f"{100 * weight / whole:.0f} % {titles[name]}" for name, weight in pictures.items()]
    return f"style of {' and '.join(parts)}"


def _describe_painter(painter: str, config: Mapping[str, Any]) -> str:
    paintings = config["datasets"][config["galleries"]["paintings"]]["title"]
    side = config["painters"][painter]["resolution"]
    return f"learnt from {paintings}, at {side}x{side} pixels"


def _describe_search(asked: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    after = asked["steps_after"]
    steps = f"{after} steps for each frame"
    if "steps" in asked:
        steps = f"{asked['steps']} steps for a first frame, {after} for each after it"
    features = config["backbones"][asked["features"]]["title"]
    size = f", at {asked['pixels']} pixels of its shorter side" if "pixels" in asked else ""
    return f"{steps}{size}, by the features of {features}"


def _describe_training(training: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    clips = "; ".join(config["clips"][clip]["title"] for clip in training["clips"])
    return (
        f"style of {config['pictures'][training['picture']]['title']}, learnt in "
        f"{training['steps']} steps on frames of {clips}, by the features of "
        f"{config['backbones'][training['features']]['title']}"
    )


def describe_restyling(item: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """Say which clips an item of videos shows, and how they were restyled."""
    asked, options = config["videos"], item.get("options", {})
    every = item["rule"] == "tabulate_videos"
    clips = asked["clips"] if every or options.get("every_clip") else asked["clips"][:1]
    styles = asked["styles"] if every else asked["styles"][:1]
    made = [
        f"{config['styles'][name]['title']} ({describe_style(name, config, clips)})"
        for name in styles
    ]
    return {
        "data": "; ".join(config["clips"][clip]["title"] for clip in clips),
        "made": "; ".join(made),
    }


def describe_videos(run: Mapping[str, Any], results: Path) -> list[dict[str, Any]]:
    """Give every clip of a run with what was made of it, for the page of videos.

    Parameters
    ----------
    run : mapping
        ``provenance.json``.
    results : Path
        The folder of results.

    Returns
    -------
    list of dict
        As :func:`~convatlas.report.videos.lay_out_videos` takes them.
    """
    config = run["config"]
    described = []
    for clip in config["videos"]["clips"]:
        plays = plays_in_browsers(read_json(results / "clips" / clip / "clip.json"))
        styles = []
        for style in config["videos"]["styles"]:
            folder = results / "videos" / clip / style
            scores = read_json(folder / "scores.json")
            styles.append(
                {
                    "name": style,
                    "title": config["styles"][style]["title"],
                    "about": describe_style(style, config, [clip]),
                    "path": folder.with_name(f"{style}.mp4"),
                    "beside": None if plays else folder / "side_by_side.mp4",
                    "frames_equal": bool(scores["frames_equal"]),
                    "sound": scores["sound"],
                    "facts": {
                        "frames": f"{scores['frames']} of {scores['frames_of_original']}",
                        "sound": scores["sound"],
                        "greatest difference in time": tell(
                            scores["greatest_time_difference"], "ms"
                        ),
                        "style distance, original → restyled": tell_change(
                            scores, "style_distance"
                        ),
                        "edges kept (SSIM)": tell(scores["edge_similarity"], digits=2),
                        "warping error, original → restyled": tell_change(scores, "warping_error"),
                    },
                }
            )
        described.append(
            {
                "name": clip,
                **{key: config["clips"][clip][key] for key in ("title", "licence", "nature")},
                "path": scores["original"] if plays else None,
                "styles": styles,
            }
        )
    return described
