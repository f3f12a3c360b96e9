"""How long a drawn digit waits for its answer in the studio, in a real browser, warm.

A LeNet-5 of ``--results`` reads what a mouse draws; the time runs from the pen's lifting to the
answer's standing in the page, both taken by the browser's own clock. Beside it the processor's
time that preparing and reading take by themselves, which hardly depends on what else is running.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from record import ROOT, write_record

sys.path.insert(0, str(ROOT / "tests" / "studio"))
WATCH = """
() => {
  window.waits = [];
  const sheet = document.querySelector(".sheet canvas");
  new MutationObserver(() => {
    if (!sheet.dataset.sent || !document.querySelector("#digit-answer [data-digit]")) return;
    window.waits.push(performance.now() - Number(sheet.dataset.sent));
    delete sheet.dataset.sent;
  }).observe(document.querySelector("#digit-answer"), { childList: true, subtree: true });
}
"""


def start(results: Path, port: int) -> subprocess.Popen:
    import requests

    command = [sys.executable, str(ROOT / "tools" / "studio.py"), "--port", str(port)]
    process = subprocess.Popen([*command, "--results", str(results)])
    for _ in range(600):
        try:
            requests.get(f"http://127.0.0.1:{port}", timeout=5)
            return process
        except requests.RequestException:
            time.sleep(0.5)
    process.terminate()
    sys.exit("the studio does not start")


def in_browser(url: str, rounds: int) -> list[float]:
    """Return milliseconds of each answer."""
    from playwright.sync_api import sync_playwright
    from visits import SEVEN, draw

    with sync_playwright() as play:
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector(".sheet canvas")
        page.wait_for_function("document.querySelector('#reader input')?.value")
        page.evaluate(WATCH)
        for number in range(rounds):
            # each a little elsewhere, so that every answer is a new one
            moved = [(x + 0.01 * (number % 9), y + 0.005 * (number % 7)) for x, y in SEVEN]
            draw(page, [moved])
            page.wait_for_function("count => window.waits.length > count", arg=number)
            page.get_by_role("button", name="Clear the sheet").click()
            page.wait_for_selector("[data-digit]", state="detached")
        waits = page.evaluate("window.waits")
        browser.close()
    return waits


def alone(results: Path, rounds: int) -> list[float]:
    """Return a processor's milliseconds of preparing and reading a picture, without a browser."""
    import numpy as np
    from PIL import Image, ImageDraw
    from visits import SEVEN

    from convatlas.studio.digits import load_reader, read_digit
    from convatlas.studio.shelf import Shelf

    picture = Image.new("RGB", (448, 448), "white")
    points = [(448 * x, 448 * y) for x, y in SEVEN]
    ImageDraw.Draw(picture).line(points, fill="#111", width=32, joint="curve")
    reader = load_reader(next(iter(Shelf(ROOT, results, results / "none").readers().values())))
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        read_digit(reader, np.asarray(picture))
        spent.append(1000 * (time.process_time() - started))
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"), help="of a run")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(options.results.absolute(), port)
    try:
        waits = in_browser(f"http://127.0.0.1:{port}", options.rounds)
    finally:
        process.terminate()
        process.wait(60)
    own = alone(options.results.absolute(), options.rounds)
    warm = sorted(waits[3:])
    write_record(
        "studio",
        "python tests/benchmarks/studio.py",
        {
            "rounds": options.rounds,
            "drawn_to_answer_ms": {
                "first": waits[0],
                "median": statistics.median(warm),
                "ninth_of_ten": warm[int(0.9 * len(warm))],
                "slowest": warm[-1],
            },
            "reading_alone_processor_ms": {
                "median": statistics.median(own[3:]),
                "slowest": max(own[3:]),
            },
        },
    )


if __name__ == "__main__":
    main()
