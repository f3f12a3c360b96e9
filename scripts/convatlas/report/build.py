"""Build the report: a front page, a page per study, own digits and videos where there are any."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from convatlas.report.audit import Audit, lay_out_audit
from convatlas.report.claims import Tally, count_reasons, count_verdicts
from convatlas.report.folder import replace_folder
from convatlas.report.items import Study, lay_out_study, list_clips, list_missing
from convatlas.report.provenance import describe_run, describe_stand_ins
from convatlas.report.videos import lay_out_videos
from convatlas.report.words import keep_together, say_count

TEMPLATES = Path(__file__).parent / "templates"
AUDIT_PAGE = "own_digits.html"
VIDEOS_PAGE = "videos.html"


@dataclass(frozen=True)
class Report:
    """What was built.

    Attributes
    ----------
    pages : tuple of str
        The file names.
    bytes : int
        Their size together, without the videos.
    missing : tuple of dict
        What the studies list but this run did not make: ``study``, ``number``, ``title``,
        ``artefact``, ``rule``.
    """

    pages: tuple[str, ...]
    bytes: int
    missing: tuple[dict[str, str], ...]


def build_report(
    studies: Sequence[Mapping[str, Any]],
    artefacts: Mapping[str, str | Path],
    provenance: Mapping[str, Any],
    data_notice: Sequence[Mapping[str, Any]],
    audit: Mapping[str, str | Path | None] | None,
    destination: str | Path,
    created: str,
    videos: Sequence[Mapping[str, Any]] = (),
) -> Report:
    """Write the report folder, whole or not at all.

    Every page holds its style, pictures and scripts, and a content security policy that forbids it
    to fetch anything. The same inputs give the same bytes.

    Parameters
    ----------
    studies : sequence of mapping
        The content of each ``config/studies/{study}.yaml``, in the order of the report.
    artefacts : mapping of str to path
        Study key to the folder with its figures, tables and ``claims.csv``.
    provenance : mapping
        The content of ``results/provenance.json``.
    data_notice : sequence of mapping
        Per dataset in use ``title`` and ``kind``; see
        :func:`~convatlas.report.provenance.describe_stand_ins`. Unless all are real, every page
        says so at its top.
    audit : mapping or None
        ``digits`` (the ``.npz`` of own digits) and ``rejected`` (a CSV, or None); None where a run
        imports no digits.
    destination : path
        The folder to write. An earlier report there is replaced.
    created : str
        When the run was made, as the pages shall say it.
    videos : sequence of mapping
        Clips and what was made of them, as :func:`~convatlas.report.videos.lay_out_videos` takes
        them. Their files are copied beside the pages.

    Returns
    -------
    Report
        The pages, their size, and what was not made in this run.

    Raises
    ------
    ConvatlasError
        If an input cannot be read, or `destination` holds something other than a report.
    """
    laid_out = [lay_out_study(study, Path(artefacts[study["study"]])) for study in studies]
    digits, screening = _read_audit(audit), lay_out_videos(videos)
    environment = _make_environment()
    script = environment.get_template("script.js").render()
    shared = {
        "studies": laid_out,
        "audit": digits,
        "audit_page": AUDIT_PAGE,
        "screening": screening,
        "videos_page": VIDEOS_PAGE,
        "run": describe_run(provenance),
        "stand_ins": describe_stand_ins(data_notice),
        "created": created,
        "script": script,
        "script_digest": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    pages = _render_pages(environment, laid_out, digits, shared)
    clips = [list_clips(study, Path(artefacts[study.key])) for study in laid_out]
    files = {**screening.sources, **dict(chain.from_iterable(clip.items() for clip in clips))}
    written = replace_folder(Path(destination), pages, files)
    return Report(
        pages=tuple(pages),
        bytes=written,
        missing=tuple(chain.from_iterable(list_missing(study) for study in laid_out)),
    )


def _read_audit(audit: Mapping[str, str | Path | None] | None) -> Audit | None:
    if audit is None:
        return None
    rejected = audit.get("rejected")
    return lay_out_audit(Path(audit["digits"]), Path(rejected) if rejected is not None else None)


def _make_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        # A CSV or a YAML file may hold text that looks like HTML: it is shown, never obeyed.
        autoescape=True,
        undefined=StrictUndefined,
        finalize=keep_together,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _count_row(study: Study, verdicts: Sequence[Tally]) -> dict[str, Any]:
    """Count a study's claims by the verdicts that any study has."""
    counts = {tally.verdict: tally.count for tally in study.tallies}
    return {"study": study, "counts": [counts.get(tally.verdict, 0) for tally in verdicts]}


def _render_pages(
    environment: Environment,
    studies: Sequence[Study],
    audit: Audit | None,
    shared: Mapping[str, Any],
) -> dict[str, str]:
    claims = [claim for study in studies for claim in study.claims]
    highlights = [(study, item) for study in studies for item in study.all_items if item.highlight]
    pages = {
        "index.html": environment.get_template("index.html.j2").render(
            page="index.html",
            highlights=highlights,
            tallies=count_verdicts(claims),
            claim_count=len(claims),
            ledger=[_count_row(study, count_verdicts(claims)) for study in studies if study.claims],
            reasons=count_reasons(claims),
            findings=[(study, c) for study in studies for c in study.claims if c.is_finding],
            count_in_words=say_count(len(studies)),
            **shared,
        )
    }
    for place, study in enumerate(studies):
        pages[study.page] = environment.get_template("study.html.j2").render(
            page=study.page,
            study=study,
            before=studies[place - 1] if place else None,
            after=studies[place + 1] if place + 1 < len(studies) else None,
            **shared,
        )
    if shared["screening"].films:
        template = environment.get_template("videos.html.j2")
        pages[VIDEOS_PAGE] = template.render(page=VIDEOS_PAGE, **shared)
    if audit is not None:
        pages[AUDIT_PAGE] = environment.get_template("own_digits.html.j2").render(
            page=AUDIT_PAGE, **shared
        )
    return pages
