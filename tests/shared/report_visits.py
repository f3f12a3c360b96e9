"""A report's pages in a real browser: what they ask for, complain about, and keep people from."""

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe_package = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
)
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]
"""Colours that a visitor may prefer, and pixels of a desktop's and of a phone's width."""
MOST_BYTES = 15_000_000


def open_page(browser, path, scheme="light", width=1280, *, bypass_csp=False):
    """Open a page and give it with what it asked for and what it complained about."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=bypass_csp
    )
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri(), wait_until="load")
    return page, asked, complaints


def find_faults(browser, path, scheme, width):
    """List what a page asks for outside its folder, complains about, or shows too wide or not."""
    page, asked, complaints = open_page(browser, path, scheme, width)
    own = path.parent.as_uri()
    faults = [f"asks for {url}" for url in asked if not url.startswith((own, "data:"))]
    faults += [f"complains: {text}" for text in complaints]
    scrolled = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    faults += [f"is {scrolled} pixels too wide"] if scrolled > 0 else []
    if not page.evaluate("[...document.images].every((i) => i.complete && i.naturalWidth)"):
        faults.append("has a picture that does not show")
    page.context.close()
    return faults


def find_barriers(browser, path, scheme="light", width=1280, *, before=None):
    """List the barriers that axe-core calls serious or critical; `before` is done to the page."""
    # the pages' policy forbids scripts but their own: it is set aside for axe alone
    page, _, _ = open_page(browser, path, scheme, width, bypass_csp=True)
    # what is folded away is looked at, too
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    if before:
        page.evaluate(before)
    found = axe_package.Axe().run(page).response["violations"]
    page.context.close()
    return [
        f"{entry['id']}: {entry['nodes'][0]['html'][:200]}"
        for entry in found
        if entry["impact"] in ("serious", "critical")
    ]
