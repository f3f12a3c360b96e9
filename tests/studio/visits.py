"""Draws on the sheet, as a hand does with a mouse or a finger."""

import itertools
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 300
"""That a studio may take to start, or a page to answer, on a very busy machine."""

SEVEN = [(0.28, 0.22), (0.5, 0.22), (0.72, 0.22), (0.62, 0.45), (0.53, 0.65), (0.46, 0.85)]


def draw(page, strokes=(SEVEN,)):
    sheet = page.locator(".sheet canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    for (x, y), *rest in strokes:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        for x, y in rest:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=5)
        page.mouse.up()


def drag_finger(page, path=SEVEN):
    """The same by touch, through the browser's own input, not by events that a script makes."""
    sheet = page.locator(".sheet canvas")
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    places = [
        {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in path
    ]
    session = page.context.new_cdp_session(page)

    def touch(kind, points):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", [places[0]])
    for before, after in itertools.pairwise(places):
        for share in (0.25, 0.5, 0.75, 1):
            place = {k: before[k] + share * (after[k] - before[k]) for k in "xy"}
            touch("touchMove", [place])
    touch("touchEnd", [])
