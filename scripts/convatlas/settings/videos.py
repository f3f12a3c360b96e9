"""Faults that schemas cannot find in clips, pictures, styles and what restyles."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.errors import ConvatlasError
from convatlas.settings.origin import Known, Origin
from convatlas.settings.zooms import zoom_faults
from convatlas.stylization.pictures import check_picture
from convatlas.video_catalog import SEARCHES, own_paths


def video_faults(config: Mapping[str, Any], origin: Origin, known: Known) -> Iterator[str]:
    """Give faults of ``config/videos.yaml``: names that mean nothing, files that are not there.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    origin : Origin
        Names the file that a key came from.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    faults = [*_unknown_names(config, known), *zoom_faults(config, origin, known)]
    yield from faults
    yield from _style_faults(config, origin)
    yield from _painter_faults(config, origin)
    if faults:
        return
    yield from _learnt_clips(config, origin)
    for (section, name), path in own_paths(config).items():
        yield from file_faults([section, name, "path"], path, origin, picture=section == "pictures")
    for name in config["videos"]["styles"]:
        stylizer = config["styles"][name]["stylizer"]
        if weights := config["stylizers"][stylizer].get("weights"):
            at: list[str | int] = ["stylizers", stylizer, "weights"]
            yield from file_faults(at, Path(weights), origin, picture=False)
        if mask := config["styles"][name].get("mask"):
            yield from file_faults(["styles", name, "mask"], Path(mask), origin, picture=True)


def file_faults(at: list[str | int], path: Path, origin: Origin, *, picture: bool) -> Iterator[str]:
    """Give what is wrong with a user's own file, before a GPU waits for it."""
    key = f"{origin(at)}: '{'.'.join(map(str, at))}' is '{path}'"
    if {"{", "}"} & set(str(path)):
        yield (
            f"{key}, whose braces Snakemake takes for wildcards: rename the file, or the folder "
            "with them"
        )
    elif not path.is_file():
        yield f"{key}, and there is no such file in {Path.cwd()}; see config/README.md, Videos"
    elif picture:
        try:
            check_picture(path)
        except ConvatlasError as error:
            yield f"{key}, and that is no picture that can be read: {error}"


def _unknown_names(config: Mapping[str, Any], known: Known) -> Iterator[str]:
    for index, clip in enumerate(config["videos"]["clips"]):
        yield from known(["videos", "clips", index], clip, config["clips"], "clip")
    for index, style in enumerate(config["videos"]["styles"]):
        yield from known(["videos", "styles", index], style, config["styles"], "style")
    for name, style in config["styles"].items():
        at: list[str | int] = ["styles", name]
        yield from known([*at, "stylizer"], style["stylizer"], config["stylizers"], "stylizer")
        for picture in style.get("pictures", {}):
            yield from known([*at, "pictures"], picture, config["pictures"], "picture")
    backbones = config["backbones"]
    yield from known(["style_features"], config["style_features"], backbones, "backbone")
    features = config["images"]["features"]
    yield from known(["images", "features"], features, backbones, "backbone")
    for name, stylizer in config["stylizers"].items():
        if picture := stylizer.get("picture"):
            yield from known(["stylizers", name, "picture"], picture, config["pictures"], "picture")
        if painter := stylizer.get("painter"):
            at = ["stylizers", name, "painter"]
            yield from known(at, painter, config["painters"], "painter")
        for kind in SEARCHES:
            if kind in stylizer:
                at = ["stylizers", name, kind, "features"]
                yield from known(at, stylizer[kind]["features"], backbones, "backbone")
        training = stylizer.get("training")
        if training:
            at = ["stylizers", name, "training"]
            yield from known([*at, "picture"], training["picture"], config["pictures"], "picture")
            yield from known([*at, "features"], training["features"], backbones, "backbone")
            for clip in training["clips"]:
                yield from known([*at, "clips"], clip, config["clips"], "clip")


def _style_faults(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give styles that ask of their network what it cannot do."""
    for name, style in config["styles"].items():
        network = config["stylizers"].get(style["stylizer"], {}).get("network")
        if network in OF_PICTURES and "pictures" not in style:
            yield (
                f"{origin(['styles', name])}: 'styles.{name}.pictures' is missing; stylizer "
                f"'{style['stylizer']}' takes its style from pictures: name at least one, with its "
                "weight"
            )
        if network not in (None, *OF_PICTURES) and "pictures" in style:
            yield (
                f"{origin(['styles', name, 'pictures'])}: 'styles.{name}.pictures' is given, but "
                f"stylizer '{style['stylizer']}' knows the one style it was trained on; take "
                "'pictures' out, or another stylizer"
            )
        if network in SEARCHES and style["stabilise"]:
            yield (
                f"{origin(['styles', name, 'stabilise'])}: 'styles.{name}.stabilise' is given, but "
                f"stylizer '{style['stylizer']}' looks for each frame from where the one before "
                "was found, which steadies it already; say stabilise: false"
            )


OF_PICTURES = ("stylizer", "optimisation")
"""Networks that take their style from the pictures of a style."""
WANTED = {"translator": "cyclegan.CycleGAN", "inversion": "stylegan2.StyleGAN2"}
"""Which painter's generator each network that restyles is."""


def _at_stylizer(origin: Origin, name: str, key: str) -> str:
    return f"{origin(['stylizers', name])}: 'stylizers.{name}.{key}'"


def _painter_faults(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give stylizers that are no generator of the painter they name."""
    for name, stylizer in config["stylizers"].items():
        painter, network = stylizer.get("painter"), stylizer["network"]
        at = functools.partial(_at_stylizer, origin, name)  # asked only where there is a fault
        if (network in WANTED) != (painter is not None):
            yield f"{at('network')} is '{network}', which goes with a 'painter', and no other does"
        elif painter in config["painters"]:
            found = config["painters"][painter]["network"]
            if found != WANTED[network]:
                yield (
                    f"{at('painter')} is '{painter}', whose network is {found}; for '{network}' "
                    f"name one of {WANTED[network]}"
                )
        if "weights" in stylizer and painter is None:
            yield f"{at('weights')} are of a painter's generator; name the 'painter' they are of"
        if "weights" in stylizer and stylizer.get("inversion", {}).get("encoder"):
            yield f"{at('inversion.encoder')} is of one trained here; leave out one of both"
        for kind in SEARCHES:
            if (network == kind) != (kind in stylizer):
                yield f"{at(kind)} goes with network '{kind}'; give both, or neither"


def _learnt_clips(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give networks that would be measured on clips that they learnt from."""
    asked = config["videos"]
    for name in dict.fromkeys(config["styles"][style]["stylizer"] for style in asked["styles"]):
        training = config["stylizers"][name].get("training", {})
        seen = [clip for clip in training.get("clips", []) if clip in asked["clips"]]
        if seen and not training.get("also_restyled"):
            yield (
                f"{origin(['stylizers', name, 'training', 'clips'])}: stylizer '{name}' learns on "
                f"{', '.join(seen)}, and 'videos.clips' would measure it on the same; take them "
                "out of one of the two, or say 'also_restyled: true' in "
                f"'stylizers.{name}.training': the report then says that they were learnt on"
            )
