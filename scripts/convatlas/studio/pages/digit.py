"""The page of LeNet-5: a digit is drawn or handed in, and read."""

import html

import gradio as gr
import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.studio.digits import Reading, load_reader, read_digit
from convatlas.studio.limits import read_drawing, read_upload
from convatlas.studio.looks import inline_picture, read_asset, show_bars, tell
from convatlas.studio.shelf import Shelf

SHEET = """
<div class="sheet">
<canvas width="448" height="448" tabindex="0" role="img"
 aria-label="A sheet to draw a digit on with mouse or finger; or hand in a picture below"></canvas>
<button type="button">Clear the sheet</button>
</div>
"""
HINT = "Draw one digit, large, with mouse or finger; it is read when you lift the pen."
MISSING = (
    "No network that reads digits has been trained here yet. make demo trains several in minutes, "
    "snakemake --cores 2 models trains those of the documents; then reload this page."
)


def add_digit_page(shelf: Shelf) -> None:
    """Add the page to the blocks that are being built."""
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=2, min_width=280, elem_classes="first"):
            sheet = gr.HTML(html_template=SHEET, js_on_load=read_asset("canvas.js"))
            picture = gr.Image(
                type="filepath", image_mode=None, sources=["upload"], height=180,
                label="or a picture of one digit", elem_id="digit-picture", buttons=[],
            )  # fmt: skip
            reader = gr.Dropdown(label="Network", choices=[], elem_id="reader")
        with gr.Column(scale=3, min_width=280, elem_classes="second"):
            answer = gr.HTML(tell(HINT), elem_id="digit-answer")
            maps = gr.HTML(elem_id="digit-maps")
    held = gr.State(None)

    def read(given: np.ndarray, title: str | None) -> tuple[str, str, object]:
        readers = shelf.readers()
        if not readers:
            return tell(MISSING, "missing"), "", None
        try:
            chosen = readers.get(title) or next(iter(readers.values()))
            reading = read_digit(load_reader(chosen), given)
        except ConvatlasError as error:
            return tell(str(error), "error"), "", None
        return show_answer(reading), show_maps(reading), given

    def read_drawn(title: str | None, event: gr.EventData) -> tuple[str, str, object]:
        try:
            drawing = read_drawing(event._data.get("picture") if event._data else None)
        except ConvatlasError as error:
            return tell(str(error), "error"), "", None
        return read(drawing, title)

    def read_picture_of(path: str | None, title: str | None) -> tuple[str, str, object]:
        if path is None:
            return tell(HINT), "", None
        try:
            return read(read_upload(path), title)
        except ConvatlasError as error:
            return tell(str(error), "error"), "", None

    def read_again(given: np.ndarray | None, title: str | None) -> tuple[str, str]:
        return (tell(HINT), "") if given is None else read(given, title)[:2]

    def offer() -> tuple[object, str]:
        titles = list(shelf.readers())
        words = tell(HINT) if titles else tell(MISSING, "missing")
        return gr.Dropdown(choices=titles, value=titles[0] if titles else None), words

    # not by the queue: an answer is there in the time of a blink, whatever else is being made
    at_once = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    shown = [answer, maps, held]
    sheet.drawn(read_drawn, [reader], shown, trigger_mode="always_last", **at_once)
    sheet.cleared(lambda: (tell(HINT), "", None), None, shown, **at_once)
    picture.change(read_picture_of, [picture, reader], shown, **at_once)
    reader.input(read_again, [held, reader], [answer, maps], **at_once)
    _on_load(offer, [reader, answer], at_once)


def _on_load(function, outputs, options) -> None:  # noqa: ANN001
    gr.context.Context.root_block.load(function, None, outputs, **options)


def show_answer(reading: Reading) -> str:
    """Return the answer as HTML: the digit, the MNIST form, all probabilities."""
    share = 100 * reading.probabilities[reading.label]
    form = inline_picture(
        reading.form, f"the digit in MNIST's form, read as {reading.label}", width=168, crisp=True
    )
    return (
        '<div class="answer"><div>'
        f'<p class="digit" data-digit="{reading.label}">{reading.label}</p>'
        f'<p class="quiet">with {share:.1f} %</p></div>'
        f"<figure>{form}<figcaption>what the network sees:<br>28x28, in MNIST's form</figcaption>"
        f"</figure>{show_bars(reading.probabilities, [str(n) for n in range(10)], reading.label)}"
        "</div>"
    )


def show_maps(reading: Reading) -> str:
    """Return the feature maps as HTML, a row for each layer."""
    parts = []
    for layer, maps in reading.maps.items():
        count, height, width = maps.shape
        side = 56 if count <= 6 else 44
        shown = "".join(
            inline_picture(one, f"{layer}, map {number}", width=side, crisp=True)
            for number, one in enumerate(maps)
        )
        title = f"{html.escape(layer)} <span class=quiet>{count} maps of {height}x{width}</span>"
        parts.append(f'<h3>{title}</h3><div class="row">{shown}</div>')
    return (
        f'<div class="maps">{"".join(parts)}<p class="quiet">Of each layer black is its least '
        "value, white its greatest.</p></div>"
    )
