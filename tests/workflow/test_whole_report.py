"""The report of a whole run in a browser: every page as people get it, of all five studies."""

import pytest

from chromium import needs_chromium
from report_visits import (
    LOOKS,
    MOST_BYTES,
    find_barriers,
    find_faults,
)

pytestmark = [pytest.mark.workflow, needs_chromium]
STUDIES = ("alvarez", "sepulveda", "banoy", "pitie", "palacios")


@pytest.fixture(scope="module")
def pages(toy_run):
    found = sorted((toy_run.folder / "results" / "report").glob("*.html"))
    assert {page.stem for page in found} >= {"index", "videos", "own_digits", *STUDIES}
    return found


def test_every_page_keeps_within_its_bytes(pages):
    assert {
        page.name: page.stat().st_size for page in pages if page.stat().st_size > MOST_BYTES
    } == {}


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_no_page_asks_for_anything_complains_or_scrolls_sideways(pages, browser, scheme, width):
    assert {page.name: find_faults(browser, page, scheme, width) for page in pages} == {
        page.name: [] for page in pages
    }


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_no_serious_barrier(pages, browser, scheme, width):
    assert {page.name: find_barriers(browser, page, scheme, width) for page in pages} == {
        page.name: [] for page in pages
    }
