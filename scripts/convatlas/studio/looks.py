"""How pages look: a theme of the system's own fonts, and small pictures within the page.

Pictures that a page shows in this way are part of its text: no file of them is ever written.
"""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

ASSETS = Path(__file__).parent / "assets"
SYSTEM = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "monospace")


def theme() -> gr.themes.Base:
    """Return the theme: no font comes from anywhere but the visitor's machine."""
    return gr.themes.Base(
        primary_hue="indigo",
        secondary_hue="indigo",
        neutral_hue="slate",
        radius_size="md",
        font=[gr.themes.Font(name) for name in SYSTEM],
        font_mono=[gr.themes.Font(name) for name in MONO],
    )


def read_asset(name: str) -> str:
    """Return the text of a style sheet or script of the studio's."""
    return (ASSETS / name).read_text(encoding="utf-8")


def inline_picture(picture: np.ndarray, alt: str, *, width: int, crisp: bool = False) -> str:
    """Return an ``<img>`` that holds its picture.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8, (height, width) or (height, width, 3).
    alt : str
        What it shows, for those who cannot see it.
    width : int
        On the page, in CSS pixels; never wider than there is room.
    crisp : bool
        Show its pixels as squares.
    """
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG", compress_level=1)
    data = base64.b64encode(content.getvalue()).decode()
    kind = ' class="crisp"' if crisp else ""
    return (
        f'<img{kind} alt="{html.escape(alt)}" width="{width}" src="data:image/png;base64,{data}">'
    )


def show_bars(shares: Sequence[float], names: Sequence[str], best: int) -> str:
    """Return a table of shares from 0 to 1, with bars."""
    rows = "".join(
        f'<tr{" class=best" if number == best else ""}><th scope="row">{html.escape(name)}</th>'
        f'<td><span class="bar" style="width:{100 * share:.1f}%"></span></td>'
        f"<td>{100 * share:.1f} %</td></tr>"
        for number, (share, name) in enumerate(zip(shares, names, strict=True))
    )
    return f'<table class="bars"><caption>Probability of each digit</caption>{rows}</table>'


def show_progress(done: int, total: int, words: str) -> str:
    """Return a progress bar with words."""
    share = min(1.0, done / total) if total else 0.0
    return (
        f'<div class="progress"><div class="track" role="progressbar" aria-label="Progress" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{100 * share:.0f}">'
        f'<span style="width:{100 * share:.1f}%"></span></div>'
        f"<p>{html.escape(words)}</p></div>"
    )


def tell(words: str, kind: str = "note") -> str:
    """Return words for people in a frame: ``note``, ``error`` or ``missing``."""
    role = "alert" if kind == "error" else "status"
    return f'<p class="told {kind}" role="{role}">{html.escape(words)}</p>'
