"""Lay out a study: each figure and table of its document, made, not made, or left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from convatlas.errors import ConvatlasError
from convatlas.files import sha256_of
from convatlas.report.claims import Claim, Tally, count_verdicts, read_claims
from convatlas.report.inline import Picture, embed_picture, shrink_picture
from convatlas.report.tables import Table, read_table
from convatlas.report.videos import FOLDER
from convatlas.report.words import take_anchor

KINDS = ("figure", "table", "clip", "omitted")
BEYOND = "Beyond the document"
_THUMBNAIL_WIDTH = 640
# A thumbnail is a second copy on the front page: a heavy drawing is not worth one.
_THUMBNAIL_BYTES = 400_000


@dataclass(frozen=True)
class Item:
    """One figure or table of a document, as a page shows it."""

    anchor: str
    number: str
    label: str
    kind: str
    title: str
    caption: str
    alt: str
    document: str
    reason: str
    rule: str
    made: str
    data: str
    artefact: str
    digest: str
    highlight: bool
    picture: Picture | None
    table: Table | None
    clip: str
    settings: str
    digests: tuple[tuple[str, str], ...]
    time: str
    claims: tuple[Claim, ...] = ()

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """The verdicts on what the document states here."""
        return tuple(count_verdicts(self.claims))

    @property
    def is_missing(self) -> bool:
        """Whether the item is to be made, but was not made in this run."""
        return self.kind != "omitted" and not self.digest


@dataclass(frozen=True)
class Section:
    """A heading of a study and its items."""

    anchor: str
    heading: str
    text: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Study:
    """One document and all that was made for it."""

    key: str
    page: str
    short: str
    title: str
    authors: str
    about: str
    link: str
    sections: tuple[Section, ...]
    claims: tuple[Claim, ...]
    tallies: tuple[Tally, ...]
    has_claims_file: bool
    thumbnail: Picture | None

    @property
    def all_items(self) -> tuple[Item, ...]:
        """The items of all sections."""
        return tuple(item for section in self.sections for item in section.items)

    @property
    def data(self) -> tuple[str, ...]:
        """What the items of this study rest on, each once."""
        told = (part for item in self.all_items for part in item.data.split("; "))
        return tuple(dict.fromkeys(filter(None, told)))

    @property
    def made(self) -> int:
        """How many figures and tables this run made."""
        return sum(1 for item in self.all_items if item.digest)

    @property
    def planned(self) -> int:
        """How many figures and tables there are to make."""
        return sum(1 for item in self.all_items if item.kind != "omitted")


def lay_out_study(config: Mapping[str, Any], folder: Path) -> Study:
    """Join a study's configuration with what its folder holds.

    Parameters
    ----------
    config : mapping
        The content of ``config/studies/{study}.yaml``.
    folder : Path
        The study's artefacts and its ``claims.csv``; any of them may be missing.

    Returns
    -------
    Study
        What the pages show.

    Raises
    ------
    ConvatlasError
        If an item lacks what its kind needs, or an artefact cannot be read.
    """
    taken: set[str] = {"content", "claims", "not-made"}
    sections = tuple(
        Section(
            anchor=take_anchor(f"section-{section['heading']}", taken),
            heading=section["heading"],
            text=section.get("text", ""),
            items=tuple(
                _lay_out_item(item, config["study"], folder, taken) for item in section["items"]
            ),
        )
        for section in config["sections"]
    )
    numbered: dict[str, str] = {}
    for item in chain.from_iterable(section.items for section in sections):
        if item.number:
            # The document's own item comes before any other that goes by its number.
            numbered.setdefault(item.number, item.anchor)
    claims_file = folder / "claims.csv"
    claims = tuple(read_claims(claims_file, config.get("claims", []), numbered))
    sections = tuple(_with_claims(section, claims) for section in sections)
    return Study(
        key=config["study"],
        page=f"{config['study']}.html",
        short=config.get("short", config["study"].capitalize()),
        title=config["title"],
        authors=config.get("authors", ""),
        about=config.get("about", ""),
        link=config.get("link", ""),
        sections=sections,
        claims=claims,
        tallies=tuple(count_verdicts(claims)),
        has_claims_file=claims_file.exists(),
        thumbnail=_choose_thumbnail(sections, folder),
    )


def _with_claims(section: Section, claims: tuple[Claim, ...]) -> Section:
    """Give each item of a section the claims that are stated there."""
    items = tuple(
        replace(item, claims=tuple(c for c in claims if c.source_anchor == item.anchor))
        for item in section.items
    )
    return replace(section, items=items)


def list_clips(study: Study, folder: Path) -> dict[str, Path]:
    """Return the clips of a study's own items, by their place beside the pages."""
    return {item.clip: folder / item.artefact for item in study.all_items if item.clip}


def list_missing(study: Study) -> Iterator[dict[str, str]]:
    """Name what a study lists but this run did not make.

    Parameters
    ----------
    study : Study
        The study.

    Yields
    ------
    dict of str to str
        ``study``, ``number``, ``title``, ``artefact`` and ``rule``.
    """
    for item in study.all_items:
        if item.is_missing:
            yield {
                "study": study.key,
                "number": item.number,
                "title": item.title,
                "artefact": item.artefact,
                "rule": item.rule,
            }
    if study.claims and not study.has_claims_file:
        yield {
            "study": study.key,
            "number": "",
            "title": "Claims",
            "artefact": "claims.csv",
            "rule": "",
        }


def _lay_out_item(config: Mapping[str, Any], study: str, folder: Path, taken: set[str]) -> Item:
    number, title = str(config.get("number") or ""), config["title"]
    kind, artefact = config["kind"], config.get("artefact", "")
    where = f"study {study}, item '{number or title}'"
    if kind not in KINDS:
        raise ConvatlasError(f"{where}: kind '{kind}' is none of {', '.join(KINDS)}")
    shown = ("artefact", "alt")
    needed = {"figure": shown, "clip": shown, "table": ("artefact",), "omitted": ("reason",)}[kind]
    for name in needed:
        if not config.get(name):
            raise ConvatlasError(f"{where}: a {kind} needs '{name}'")
    path = folder / artefact
    is_made = kind != "omitted" and path.exists()
    return Item(
        anchor=take_anchor(number or title, taken),
        number=number,
        label=number or BEYOND,
        kind=kind,
        title=title,
        caption=config.get("caption", ""),
        alt=config.get("alt", ""),
        document=config.get("document", ""),
        reason=config.get("reason", ""),
        rule=config.get("rule", ""),
        made=config.get("made", ""),
        data=config.get("data", ""),
        artefact=artefact,
        digest=sha256_of(path) if is_made else "",
        highlight=bool(config.get("highlight", False)),
        picture=embed_picture(path) if is_made and kind == "figure" else None,
        table=read_table(path) if is_made and kind == "table" else None,
        # beside the pages, where videos are
        clip=f"{FOLDER}/{study}-{artefact}" if is_made and kind == "clip" else "",
        settings=config.get("settings", ""),
        digests=tuple((title, digest) for title, digest in config.get("digests", ())),
        time=config.get("time", ""),
    )


def _choose_thumbnail(sections: tuple[Section, ...], folder: Path) -> Picture | None:
    for section in sections:
        for item in section.items:
            if item.picture and len(item.picture.uri) <= _THUMBNAIL_BYTES:
                return shrink_picture(folder / item.artefact, _THUMBNAIL_WIDTH)
    return None
