"""One browser for all tests: a second one of Playwright's cannot be opened beside it."""

import os

import pytest

from chromium import CHROMIUM


@pytest.fixture(scope="session")
def browser():
    """Debian's chromium, or whichever there is."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as driver:
        # a root user's chromium has no sandbox of its own
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()
