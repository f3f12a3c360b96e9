"""The report: escaped, self-contained, complete, accessible, and replaced as a whole."""

import base64
import csv
import hashlib
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.report import folder as folder_module
from convatlas.report.audit import lay_out_audit
from convatlas.report.build import TEMPLATES, build_report
from convatlas.report.inline import embed_picture
from convatlas.report.items import lay_out_study
from convatlas.report.tables import MOST_ROWS, read_table, round_numbers
from convatlas.report.words import make_slug, say_duration

ROOT = Path(__file__).parents[2]
STUDIES = sorted((ROOT / "config" / "studies").glob("*.yaml"))
HOSTILE = "<script>alert('x')</script> & <img src=https://example.org/x.png>"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="360pt" height="180pt" viewBox="0 0 360 180">'
    '<rect id="a" width="9" height="9"/></svg>'
)
FIGURE = {"number": "Fig. 3", "kind": "figure", "title": "Loss", "artefact": "fig03_loss.svg"}
STUDY = {
    "study": "alvarez",
    "title": "Convolutional Networks",
    "authors": "Susana Álvarez, Mariajosé Franco",
    "about": f"A study. {HOSTILE}",
    "sections": [
        {
            "heading": "LeNet-5",
            "items": [
                {
                    **FIGURE,
                    "rule": "plot_learning_curves",
                    "caption": "Loss over epochs.",
                    "alt": "The loss falls from 0.9 to 0.1.",
                    "document": "The loss falls.",
                    "made": "batch size 250, seeds 1 to 5",
                    "data": "a small stand-in",
                },
                {"number": "Fig. 1", "kind": "omitted", "title": "LeNet", "reason": "A drawing."},
            ],
        },
        {
            "heading": "GAN",
            "items": [
                {
                    "number": "Fig. 5",
                    "kind": "figure",
                    "title": "Generated digits",
                    "artefact": "fig05_generated.png",
                    "rule": "plot_samples",
                    "alt": "Digits.",
                },
                {
                    "number": "",
                    "kind": "table",
                    "title": "The repair",
                    "artefact": "table_repair.csv",
                    "rule": "tabulate_repair",
                    "highlight": True,
                },
                {"number": "Fig. 3", "kind": "omitted", "title": "Again", "reason": "Same number."},
            ],
        },
    ],
    "claims": ["accuracy", {"id": "time", "text": "It takes 48 hours", "source": "Section IV"}],
}
OTHER = {
    "study": "banoy",
    "title": "Hybrid supervised learning",
    "sections": [{"heading": "LeNet-5", "items": [{**FIGURE, "alt": "Loss."}]}],
}
PROVENANCE = {
    "config": {"seed": 1, "note": HOSTILE},
    "versions": {"python": "3.11", "torch": "2.13"},
    "device": "cpu",
    "machine": {"cores": 2},
    "commit": "0123456789abcdef",
    "dirty": True,
    "data": [{"dataset": "mnist", "title": "MNIST", "kind": "embedded", "sha256": "ab" * 32}],
    "seeds": [1, 2],
    "steps": [
        {"rule": "train", "job": "a", "wall_seconds": 60.0, "peak_memory_mib": 2048.0},
        {"rule": "train", "job": "b", "wall_seconds": 65.0, "peak_memory_mib": None},
    ],
}
EMBEDDED = [
    {"title": "scikit-learn's digits", "kind": "embedded", "stands_in_for": "MNIST"},
    {"title": "own digits", "kind": "real"},
]
CLAIM_COLUMNS = ["claim", "source", "document_value", "measured_value", "low", "high", "seeds"]
CLAIM_COLUMNS += ["verdict", "comment"]


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)


@pytest.fixture
def run(tmp_path):
    """A run's artefacts and the arguments that make a report of them."""
    for study in ("alvarez", "banoy"):
        folder = tmp_path / "studies" / study
        folder.mkdir(parents=True)
        (folder / "fig03_loss.svg").write_text(SVG, encoding="utf-8")
    alvarez = tmp_path / "studies" / "alvarez"
    write_csv(
        alvarez / "table_repair.csv",
        [["form", "accuracy"], ["plain", "0.5213114754"], [HOSTILE, "0.8901639344"]],
    )
    write_csv(
        alvarez / "claims.csv",
        [
            CLAIM_COLUMNS,
            ["accuracy", "Fig. 3", "52 %", "0.521311", "0.4813", "0.5609", "5", "differs", HOSTILE],
            ["other", "Fig. 30", "1", "2", "", "", "", "cannot be had", ""],
        ],
    )
    count = 25
    random = np.random.default_rng(0)
    np.savez_compressed(
        tmp_path / "digits.npz",
        mnist_form=random.integers(0, 256, (count, 28, 28), dtype=np.uint8),
        plain=random.integers(0, 256, (count, 28, 28), dtype=np.uint8),
        labels=(np.arange(count) % 10).astype(np.uint8),
        source=np.array(["a.png"] * 15 + ["A.png"] * 10),
        position=np.array([f"row {place}, column 1" for place in range(count)]),
    )
    write_csv(
        tmp_path / "rejected.csv",
        [["source", "position", "label", "reason"], ["a.png", "r9 c9", "3", f"blank {HOSTILE}"]],
    )
    return {
        "studies": [STUDY, OTHER],
        "artefacts": {key: tmp_path / "studies" / key for key in ("alvarez", "banoy")},
        "provenance": PROVENANCE,
        "data_notice": EMBEDDED,
        "audit": {"digits": tmp_path / "digits.npz", "rejected": tmp_path / "rejected.csv"},
        "destination": tmp_path / "report",
        "created": "2025-01-01 12:00",
    }


class Page(HTMLParser):
    """What a test asks of a page: its tags with their attributes, its ids, its visible text."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def having(self, attribute):
        return [(tag, found[attribute]) for tag, found in self.tags if attribute in found]

    @property
    def ids(self):
        return [value for _, value in self.having("id")]


def read_pages(run):
    return {path.name: Page(path) for path in sorted(Path(run["destination"]).iterdir())}


@pytest.fixture
def pages(run):
    build_report(**run)
    return read_pages(run)


def test_the_report_is_a_page_per_study_with_a_front_page_and_the_digits(run):
    report = build_report(**run)
    written = sorted(Path(run["destination"]).iterdir())
    assert [path.name for path in written] == sorted(report.pages)
    assert set(report.pages) == {"index.html", "alvarez.html", "banoy.html", "own_digits.html"}
    assert report.bytes == sum(path.stat().st_size for path in written)


def test_text_that_looks_like_html_is_shown_as_text(pages):
    for page in pages.values():
        assert len([tag for tag, _ in page.tags if tag == "script"]) == 1
    assert HOSTILE in pages["alvarez.html"].text
    assert HOSTILE in pages["index.html"].text
    assert f"blank {HOSTILE}" in pages["own_digits.html"].text


def test_no_page_asks_for_anything_outside_itself(run, pages):
    for name, page in pages.items():
        for attribute in ("src", "srcset", "data", "poster", "action"):
            assert all(value.startswith("data:") for _, value in page.having(attribute)), name
        for tag, value in page.having("href"):
            if tag == "link":
                assert value.startswith("data:"), name
            else:
                assert not re.match(r"[a-z]+:|/", value), f"{name}: {value}"
        text = (Path(run["destination"]) / name).read_text(encoding="utf-8")
        style = "".join(re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL))
        assert "@import" not in style
        assert all(url.startswith("data:") for url in re.findall(r"url\((.*?)\)", style))
        assert "default-src 'none'" in text


def test_the_policy_allows_the_script_that_the_page_holds(run, pages):
    text = (Path(run["destination"]) / "index.html").read_text(encoding="utf-8")
    script = re.search(r"<script>(.*?)</script>", text, flags=re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_every_link_leads_to_a_page_and_a_place_that_exist(pages):
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        for tag, value in page.having("href"):
            if tag == "a":
                target, _, anchor = value.partition("#")
                assert not anchor or anchor in pages[target or name].ids, f"{name}: {value}"


def test_every_item_has_its_anchor_and_every_figure_its_text(pages):
    ids = pages["alvarez.html"].ids
    assert {"fig-3", "fig-1", "fig-5", "the-repair", "fig-3-2"} <= set(ids)
    for page in pages.values():
        for tag, attributes in page.tags:
            if tag == "img":
                assert "alt" in attributes
            if "data-enlarge" in attributes:
                assert attributes["alt"]
            if attributes.get("role") == "img":
                assert attributes["aria-label"]


def test_headings_skip_no_level_and_landmarks_are_there(pages):
    for name, page in pages.items():
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels.count(1) == 1, name
        assert levels[0] == 1, name
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), name
        tags = [tag for tag, _ in page.tags]
        assert tags.count("main") == 1
        assert {"header", "nav", "footer"} <= set(tags)
        assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th"), name
        assert tags.count("table") == tags.count("caption"), name


def test_what_was_not_made_is_said_and_reported(run):
    report = build_report(**run)
    page = read_pages(run)["alvarez.html"]
    assert "Not made in this run. The rule plot_samples makes it, as fig05_generated.png." in (
        page.text
    )
    assert "Left out: A drawing." in page.text
    assert report.missing == (
        {
            "study": "alvarez",
            "number": "Fig. 5",
            "title": "Generated digits",
            "artefact": "fig05_generated.png",
            "rule": "plot_samples",
        },
    )


def test_a_study_of_which_nothing_was_made_still_has_its_page(run, tmp_path):
    run["artefacts"] = dict.fromkeys(run["artefacts"], tmp_path / "nothing")
    report = build_report(**run)
    pages = read_pages(run)
    assert [entry["artefact"] for entry in report.missing] == [
        "fig03_loss.svg",
        "fig05_generated.png",
        "table_repair.csv",
        "claims.csv",
        "fig03_loss.svg",
    ]
    assert "2 not in this run" in pages["alvarez.html"].text


def test_every_page_says_which_data_stand_in_for_which(run, pages):
    for page in pages.values():
        assert "Demo data. Numbers that rest on them show that the pipeline works" in page.text
        assert "scikit-learn's digits (embedded) in place of MNIST" in page.text
    assert "Data: a small stand-in" in pages["alvarez.html"].text
    run["data_notice"] = [{"title": "MNIST", "kind": "real"}]
    build_report(**run)
    assert all("Demo data" not in page.text for page in read_pages(run).values())


def test_a_verdict_is_told_by_words_and_a_sign(pages):
    text = pages["alvarez.html"].text
    assert "≠differs" in text
    assert "\N{MULTIPLICATION SIGN}cannot be had" in text
    # listed in the configuration, not in claims.csv
    assert "It takes 48 hours" in text
    assert "○not in this run" in text


def test_a_claim_shows_its_interval_and_leads_to_its_figure(run, pages):
    text = pages["alvarez.html"].text
    assert "0.5213" in text
    assert "95 %: 0.4813 to 0.5609" in text
    assert ("a", "alvarez.html#fig-3") in pages["index.html"].having("href")
    study = lay_out_study(STUDY, run["artefacts"]["alvarez"])
    # Fig. 30 begins like Fig. 3 and is another figure
    assert [claim.source_anchor for claim in study.claims] == ["fig-3", None, None]


def test_the_front_page_shows_the_repair_and_what_the_run_was(pages):
    text = pages["index.html"].text
    assert "Two documents, reproduced figure by figure" in text
    assert "The repair" in text
    assert "2 min 5 s" in text
    assert "2.0 GiB" in text
    assert "with changes that were not committed" in text


def test_the_same_inputs_give_the_same_bytes(run, tmp_path):
    build_report(**run)
    first = {path.name: path.read_bytes() for path in run["destination"].iterdir()}
    run["destination"] = tmp_path / "again" / "report"
    build_report(**run)
    assert first == {path.name: path.read_bytes() for path in run["destination"].iterdir()}


def test_a_page_that_is_no_longer_made_vanishes(run):
    build_report(**run)
    run["studies"], run["audit"] = [STUDY], None
    build_report(**run)
    assert sorted(read_pages(run)) == ["alvarez.html", "index.html"]


@pytest.mark.parametrize("at", ["laying out", "writing", "renaming"])
def test_a_failed_build_leaves_the_old_report_as_it_was(run, tmp_path, monkeypatch, at):
    build_report(**run)
    old = {path.name: path.read_bytes() for path in run["destination"].iterdir()}
    run["created"] = "later"

    def fail(*_):
        raise OSError("no space left")

    if at == "laying out":
        item = {"number": "Fig. 9", "kind": "film", "title": "t"}
        run["studies"] = [{**STUDY, "sections": [{"heading": "h", "items": [item]}]}]
    elif at == "writing":
        monkeypatch.setattr(Path, "write_bytes", fail)
    else:
        rename = Path.rename
        monkeypatch.setattr(
            Path, "rename", lambda self, to: fail() if self.name == "fresh" else rename(self, to)
        )
    with pytest.raises((OSError, ConvatlasError)):
        build_report(**run)
    assert old == {path.name: path.read_bytes() for path in run["destination"].iterdir()}
    assert not list(tmp_path.glob(".report-*"))


def test_a_folder_that_is_no_report_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    (tmp_path / "index.html").write_text("old")
    with pytest.raises(ConvatlasError, match=r"thesis\.tex"):
        folder_module.replace_folder(tmp_path, {"index.html": "new"})
    assert (tmp_path / "index.html").read_text() == "old"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"kind": "film"}, "kind 'film' is none of figure, table, clip, omitted"),
        ({"kind": "figure", "artefact": "a.svg"}, "a figure needs 'alt'"),
        ({"kind": "table"}, "a table needs 'artefact'"),
        ({"kind": "omitted"}, "an? omitted needs 'reason'"),
    ],
)
def test_an_item_that_lacks_something_is_named(tmp_path, item, message):
    study = {**OTHER, "sections": [{"heading": "h", "items": [{"title": "T", **item}]}]}
    with pytest.raises(ConvatlasError, match=f"study banoy, item 'T': {message}"):
        lay_out_study(study, tmp_path)


def test_every_digit_stands_once_under_its_label(run):
    audit = lay_out_audit(run["audit"]["digits"], None)
    places = [
        (label, tile.position)
        for sheet in audit.sheets
        for label, tiles in sheet.labels
        for tile in tiles
    ]
    assert sorted(places) == sorted((place % 10, f"row {place}, column 1") for place in range(25))
    assert [sheet.count for sheet in audit.sheets] == [15, 10]
    assert audit.sheets[0].labels[0][1][0].short == "r0 c1"
    # two sheets whose names differ by case alone
    assert len({sheet.anchor for sheet in audit.sheets}) == 2
    assert audit.rejected == ()


def test_that_no_cell_was_rejected_is_said(run):
    run["audit"]["rejected"] = None
    build_report(**run)
    assert "None was rejected" in read_pages(run)["own_digits.html"].text


def test_numbers_are_rounded_alike_and_the_text_is_kept(tmp_path):
    path = tmp_path / "table.csv"
    write_csv(
        path,
        [
            ["model", "test_error", "epochs", "loss", "note"],
            ["a", "0.123456789", "5", "1.5e-05", "-"],
            ["b", "-12.3456789", "250", "0.25", "<b>"],
            ["c", "", "1797", "12", "0.12345678 or so"],
        ],
    )
    table = read_table(path)
    columns = [[cell.text for cell in column] for column in zip(*table.rows, strict=True)]
    assert [cell.text for cell in table.header][1] == "test error"
    assert columns[1] == ["0.12", "\u221212.35", "\N{EN DASH}"]
    assert columns[2] == ["5", "250", "1797"]
    assert columns[3] == ["1.5\N{MULTIPLICATION SIGN}10⁻⁵", "0.25", "12"]
    assert columns[4] == ["-", "<b>", "0.12345678 or so"]
    assert table.rows[0][1].full == "0.123456789"
    assert [cell.numeric for cell in table.rows[0]] == [False, True, True, True, False]


def test_numbers_written_for_people_stay_as_they_are():
    assert round_numbers(["0.91", "about 98 %", "", "1200"]) == ["0.91", "about 98 %", "", "1200"]


def test_a_long_table_says_what_it_leaves_out(tmp_path):
    path = tmp_path / "table.csv"
    write_csv(path, [["n"], *([str(row)] for row in range(MOST_ROWS + 3))])
    table = read_table(path)
    assert (len(table.rows), table.left_out) == (MOST_ROWS, 3)


def test_a_table_of_uneven_rows_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3\n")
    with pytest.raises(ConvatlasError, match="row 3 has 1 fields, not 2"):
        read_table(path)


def test_a_picture_keeps_the_size_it_was_drawn_at(tmp_path):
    (tmp_path / "a.svg").write_text(SVG)
    (tmp_path / "b.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 4"/>')
    Image.new("RGB", (30, 20)).save(tmp_path / "c.png")
    sizes = [embed_picture(tmp_path / name) for name in ("a.svg", "b.svg", "c.png")]
    assert [(one.width, one.height) for one in sizes] == [(480, 240), (8, 4), (30, 20)]
    with pytest.raises(ConvatlasError, match="a figure ends in"):
        embed_picture(tmp_path / "d.pdf")


def test_small_words():
    assert make_slug("Fig. 3 — Álvarez") == "fig-3-alvarez"
    assert make_slug("≠") == "item"
    assert [say_duration(s) for s in (0.42, 59.6, 125, 11400)] == [
        "0.4 s",
        "1 min 0 s",
        "2 min 5 s",
        "3 h 10 min",
    ]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_enough_contrast(theme):
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)[theme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))

    def luminance(name):
        levels = [int(colours[name][place : place + 2], 16) / 255 for place in (1, 3, 5)]
        # WCAG 2.1, relative luminance
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in levels]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    pairs = [(ink, ground) for ink in ("ink", "soft", "link") for ground in ("paper", "raised")]
    pairs += [(f"{name}-ink", name) for name in ("banner", "good", "more", "off", "none")]
    for ink, ground in pairs:
        high, low = sorted((luminance(ink), luminance(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{ink} on {ground}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config" / "studies").glob("*.yaml")), ids=lambda p: p.stem
)
def test_the_real_studies_can_be_laid_out(path, tmp_path):
    documents = yaml.safe_load(path.read_text(encoding="utf-8"))["documents"]
    study = lay_out_study({**documents[path.stem], "study": path.stem}, tmp_path)
    assert study.planned > 0
    assert study.made == 0


def test_no_line_begins_with_a_percent_sign(run):
    run["studies"] = [{**STUDY, "about": "It falls to 52 % of 98 %."}]
    build_report(**run)
    text = (run["destination"] / "alvarez.html").read_text(encoding="utf-8")
    assert "It falls to 52\N{NO-BREAK SPACE}% of 98\N{NO-BREAK SPACE}%." in text
    assert not re.search(r"\d %", re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL))


def test_clips_play_beside_one_another_from_files_beside_the_pages(run, tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"film")
    style = {"name": "x", "title": HOSTILE, "about": "", "facts": {"frames": "9 of 9"}}
    style |= {"beside": None, "frames_equal": True, "sound": HOSTILE}
    clip = {"name": "a", "title": HOSTILE, "licence": "mine", "nature": "simulated"}
    paths = {"path": tmp_path / "clip.mp4"}
    run["videos"] = [{**clip, **paths, "styles": [{**style, **paths}]}]
    for _ in range(2):  # an earlier report with videos is a report as well
        report = build_report(**run)
    assert "videos.html" in report.pages
    folder = Path(run["destination"])
    page = Page(folder / "videos.html")
    assert HOSTILE in page.text
    assert "made by this pipeline" in page.text
    films = [attributes for tag, attributes in page.tags if tag == "video"]
    assert [film["src"] for film in films] == ["videos/a.mp4", "videos/a-x.mp4"]
    assert all((folder / film["src"]).read_bytes() == b"film" for film in films)
    assert all("controls" in film and film["aria-label"] for film in films)
    run["videos"][0]["path"] = None
    run["videos"][0]["styles"][0]["beside"] = tmp_path / "clip.mp4"
    build_report(**run)
    page = Page(folder / "videos.html")
    films = [attributes["src"] for tag, attributes in page.tags if tag == "video"]
    assert films == ["videos/a-x-beside.mp4"]
    assert "browsers do not play" in page.text
