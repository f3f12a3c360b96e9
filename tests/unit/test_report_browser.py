"""The report in a browser: no request, no error, no sideways scroll, no barrier, all on paper.

A small report of real parts: pitie's study and drawings of networks, drawn here from what they
show, digits that come with scikit-learn, a clip.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from test_settings import REAL
from video_clips import write_clip

from chromium import needs_chromium
from convatlas.evaluation.architectures import metrics_of_architectures, tabulate_architectures
from convatlas.evaluation.claims import judge_claims
from convatlas.evaluation.landmark_tables import (
    lay_out,
    metrics_of_landmarks,
    tabulate_landmarks,
)
from convatlas.evaluation.worked_cases import (
    compare_cases,
    lay_out_cases,
    metrics_of_cases,
    steps_of,
)
from convatlas.figures.architecture import plot_architecture
from convatlas.figures.convolution import plot_steps, plot_strides
from convatlas.figures.landmarks import plot_landmark
from convatlas.report.build import build_report
from convatlas.report.studies import describe_studies
from convatlas.tables import write_csv
from report_visits import (
    LOOKS,
    MOST_BYTES,
    find_barriers,
    find_faults,
    open_page,
)

pytestmark = needs_chromium
STEPS = [
    {"rule": "plot_landmark", "job": "pitie lenet5.svg", "wall_seconds": 4.2},
    {"rule": "train_classifier", "job": "lenet5 0", "wall_seconds": 60.0},
]


def draw_pitie(folder):
    """Make the artefacts of pitie's study that need no weights."""
    folder.mkdir(parents=True)
    convolutions, landmarks = REAL["convolutions"], tabulate_landmarks(REAL["landmarks"])
    cases = compare_cases(convolutions, seed=0)
    for item in (i for s in REAL["documents"]["pitie"]["sections"] for i in s["items"]):
        options, path = item.get("options", {}), folder / item.get("artefact", "")
        match item.get("rule"):
            case "plot_convolution":
                plot_steps([steps_of(convolutions[name]) for name in options["cases"]], path)
            case "plot_strides":
                plot_strides([convolutions[name] for name in options["cases"]], path)
            case "plot_landmark":
                plot_landmark(landmarks[landmarks["network"] == options["landmark"]], path)
            case "tabulate_landmark":
                write_csv(path, lay_out(landmarks, options["landmark"]))
            case "tabulate_cases":
                write_csv(path, lay_out_cases(cases.astype(str)))
    metrics = metrics_of_cases(convolutions, seed=0) | metrics_of_landmarks(landmarks)
    listed = REAL["documents"]["pitie"]["claims"]
    claims = [claim for claim in listed if claim["model"] == "convolutions"]
    write_csv(folder / "claims.csv", judge_claims(claims, {"convolutions": metrics}, stand_ins={}))


def draw_alvarez(folder):
    """Make the drawings of its networks, with the verdicts on what it says of them."""
    folder.mkdir(parents=True)
    networks = {
        "models.lenet5": {"network": "lenet.LeNet5", "picture": [1, 28, 28]},
        "gans.dcgan": {"network": "dcgan.DCGAN", "options": {"channels": 64}},
    }
    table = tabulate_architectures(networks, {})
    for name, artefact in zip(networks, ("fig01_lenet5.svg", "fig02_gan.svg"), strict=True):
        plot_architecture(table[table["network"] == name], folder / artefact)
    listed = REAL["documents"]["alvarez"]["claims"]
    claims = [claim for claim in listed if claim["model"] == "architectures"]
    metrics = {"architectures": metrics_of_architectures(table)}
    write_csv(folder / "claims.csv", judge_claims(claims, metrics, stand_ins={}))


def save_digits(path):
    """Save scikit-learn's digits at three times their size, in a frame."""
    digits = load_digits()
    pictures = np.kron(digits.images[:60], np.ones((1, 3, 3))) * 15.9
    pictures = np.pad(pictures, [(0, 0), (2, 2), (2, 2)]).astype(np.uint8)
    np.savez_compressed(
        path,
        mnist_form=pictures,
        plain=pictures,
        labels=digits.target[:60].astype(np.uint8),
        source=np.array(["scikit-learn"] * 60),
        position=np.array([f"row {n // 10}, column {n % 10}" for n in range(60)]),
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    draw_pitie(folder / "pitie")
    draw_alvarez(folder / "alvarez")
    save_digits(folder / "digits.npz")
    rejected = {"source": ["a.png"], "position": ["r1 c1"], "label": [3], "reason": ["blank"]}
    pd.DataFrame(rejected).to_csv(folder / "rejected.csv", index=False)
    write_clip(folder / "clip.mp4")
    style = {
        "name": "plain", "title": "The same", "about": "", "path": folder / "clip.mp4",
        "beside": None, "frames_equal": True, "sound": "none", "facts": {"Frames": "12"},
    }  # fmt: skip
    roles = {**REAL["digits"], **REAL["tables"]}
    run = {
        # of several the first: a run knows which it took
        "config": {**REAL, "galleries": {"paintings": "monet", "photographs": "landscapes"}},
        "about": "A report for the tests.",
        "data": [
            {"title": f"the {role}", "roles": [role], "kind": "embedded", "sha256": "ab" * 32}
            for role in roles
        ],
        "seeds": {"once": 0, "trainings": [0]},
        "steps": STEPS,
    }
    made = build_report(
        studies=describe_studies(REAL["documents"], ["alvarez", "pitie"], run),
        artefacts={name: folder / name for name in ("alvarez", "pitie")},
        provenance=run,
        data_notice=[{"title": "digits", "kind": "embedded", "stands_in_for": "MNIST"}],
        audit={"digits": folder / "digits.npz", "rejected": folder / "rejected.csv"},
        destination=folder / "report",
        created="now",
        videos=[
            {
                "name": "clip", "title": "A clip", "licence": "made here", "nature": "made",
                "path": folder / "clip.mp4", "styles": [style],
            }
        ],
    )  # fmt: skip
    assert {*made.pages} == {
        "index.html", "alvarez.html", "pitie.html", "own_digits.html", "videos.html",
    }  # fmt: skip
    return folder / "report", made


def test_every_page_keeps_within_its_bytes(report):
    folder, made = report
    for name in made.pages:
        assert (folder / name).stat().st_size < MOST_BYTES, name


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_no_page_asks_for_anything_complains_or_scrolls_sideways(report, browser, scheme, width):
    folder, made = report
    for name in made.pages:
        assert find_faults(browser, folder / name, scheme, width) == [], name


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_no_serious_barrier(report, browser, scheme, width):
    folder, made = report
    for name in made.pages:
        assert find_barriers(browser, folder / name, scheme, width) == [], name


def test_axe_would_find_a_barrier(report, browser):
    spoil = "document.querySelector('main img').removeAttribute('alt')"
    found = find_barriers(browser, report[0] / "pitie.html", before=spoil)
    assert [barrier.split(":")[0] for barrier in found] == ["image-alt"]


def test_on_paper_all_is_unfolded_and_no_figure_is_cut(report, browser, tmp_path):
    folder, _ = report
    # 180 mm at 96 pixels an inch: A4 less the margins
    page, _, _ = open_page(browser, folder / "pitie.html", width=680)
    page.emulate_media(media="print")
    folded = page.evaluate(
        "[...document.querySelectorAll('details.made .about-item')]"
        ".filter((e) => e.getBoundingClientRect().height === 0).length"
    )
    assert page.locator("details.made").count() > 5
    assert folded == 0
    too_wide = page.evaluate(
        "[...document.querySelectorAll('img, figure table')]"
        ".filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1)"
        ".map((e) => e.alt || e.caption?.textContent)"
    )
    assert too_wide == []
    scrolled = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert scrolled <= 0
    # a figure that fits a page is not divided between two
    divided = page.evaluate(
        "[...document.querySelectorAll('.card')]"
        ".filter((e) => getComputedStyle(e).breakInside !== 'avoid').length"
    )
    assert divided == 0
    page.pdf(path=tmp_path / "pitie.pdf", prefer_css_page_size=True)
    assert (tmp_path / "pitie.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "pitie.pdf").stat().st_size > 50_000
    page.context.close()


def test_the_front_page_on_paper_is_no_wider_than_it_and_leaves_the_listing_out(report, browser):
    folder, _ = report
    page, _, _ = open_page(browser, folder / "index.html", width=680)
    page.emulate_media(media="print")
    scrolled = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert scrolled <= 0
    assert page.locator("details.listing").count() == 1
    assert not page.locator("details.listing pre").is_visible()
    page.context.close()


def test_an_item_says_how_it_was_made_and_what_became_of_its_claims(report, browser):
    folder, _ = report
    page, _, _ = open_page(browser, folder / "pitie.html")
    made = page.locator("#lenet-5 details.made")
    assert not made.locator("dl").is_visible()
    made.locator("summary").click()
    told = made.inner_text()
    assert "plot_landmark" in told
    assert "4.2 s for the item itself" in told
    assert "landmark: lenet5" in told
    page.goto((folder / "alvarez.html").as_uri())
    told = " ".join(page.locator("#fig-1").inner_text().split())
    assert "5 reproduced of 5 claims" in told
    page.goto((folder / "pitie.html").as_uri())
    assert "reproduced" in page.locator("#keras-code-for-vgg16 .about-item").first.inner_text()
    page.context.close()


def test_the_front_page_counts_the_claims_of_all_studies(report, browser):
    folder, _ = report
    page, _, _ = open_page(browser, folder / "index.html")
    rows = page.locator("table.ledger tbody tr")
    assert rows.count() == 3
    counts = [int(text) for text in rows.last.locator("td").all_inner_texts()]
    claims = sum(len(REAL["documents"][name]["claims"]) for name in ("alvarez", "pitie"))
    assert counts[-1] == sum(counts[:-1]) == claims
    assert (
        "A report for the tests." in page.locator("section", has_text="What was run").inner_text()
    )
    page.context.close()
