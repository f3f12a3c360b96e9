"""The page on which a picture is made into another."""

from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.studio.limits import read_upload
from convatlas.studio.looks import inline_picture, tell
from convatlas.studio.methods import BALANCES, DREAMS, METHODS, Asked, Made
from convatlas.studio.pages.making import QUIET, House, add_fetching, add_stop, follow
from convatlas.synthesis.picture_files import save_picture
from convatlas.video.flow import shrink

OWN = "a picture of my own"
COLORS = [("the style's", "style"), ("the picture's own", "luminance")]
STROKES = [("broad", 128), ("as published", 256), ("fine", 512)]
STYLED = list(METHODS)[:2]


def choose_style(house: House) -> tuple[gr.Dropdown, gr.Image, gr.HTML]:
    """Add the choice of a style: a painting that is here, or a visitor's picture."""
    titles = [*house.shelf.style_pictures(), OWN]
    style = gr.Dropdown(titles, value=titles[0], label="Style")
    own = gr.Image(
        type="filepath", image_mode=None, sources=["upload"], height=150, label="My own style",
        visible=titles[0] == OWN, buttons=[],
    )  # fmt: skip
    shown = gr.HTML(show_style(house, titles[0]))

    def show(title: str) -> tuple[Any, str]:
        return gr.Image(visible=title == OWN), show_style(house, title)

    style.input(show, style, [own, shown], **QUIET)
    return style, own, shown


def show_style(house: House, title: str) -> str:
    """Show a painting small, as HTML."""
    name = house.shelf.style_pictures().get(title)
    if name is None:
        return ""
    return inline_picture(shrink(house.shelf.picture(name), 200), title, width=160)


def read_style(house: House, title: str, own: str | None) -> np.ndarray:
    """Return the style picture that was chosen."""
    name = house.shelf.style_pictures().get(title)
    return read_upload(own) if name is None else house.shelf.picture(name)


def add_picture_page(house: House) -> None:
    """Add the page to the blocks that are being built."""
    shelf = house.shelf
    names = list(METHODS)
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            photograph = gr.Image(
                type="filepath", image_mode=None, sources=["upload"], height=260,
                label="Picture", elem_id="photograph", buttons=[],
            )  # fmt: skip
            method = gr.Radio(names, value=names[0], label="Method", elem_id="method")
            with gr.Group() as styled:
                style, own, _ = choose_style(house)
                color = gr.Radio(COLORS, value="style", label="Colours")
            with gr.Group() as any_style:
                strength = gr.Slider(0, 1, 1, step=0.05, label="Strength")
                strokes = gr.Radio(STROKES, value=256, label="Strokes")
            with gr.Group(visible=False) as gatys:
                balance = gr.Radio(list(BALANCES), value="balanced", label="Balance")
                steps = gr.Slider(10, 500, 100, step=10, label="Steps")
            with gr.Group(visible=False) as dream:
                layer = gr.Radio(list(DREAMS), value="patterns", label="What it sees more of")
                octaves = gr.Slider(1, 6, 4, step=1, label="Sizes (octaves)")
                dream_steps = gr.Slider(5, 50, 15, step=5, label="Steps at each size")
            with gr.Group(visible=False) as noise:
                cleaners = list(shelf.denoisers())
                denoiser = gr.Dropdown(cleaners, label="Denoiser", allow_custom_value=False)
                sigma = gr.Slider(0, 50, 25, step=5, label="Noise added first (levels of 255)")
            with gr.Group(visible=False) as painted:
                painter = gr.Dropdown(list(shelf.painters()), label="Painter")
                painter_strength = gr.Slider(0, 1, 1, step=0.05, label="Strength")
            pixels = gr.Slider(128, 1024, 384, step=64, label="Longer side, pixels")
            with gr.Row():
                make = gr.Button("Make it", variant="primary", elem_id="make-picture")
                stop = gr.Button("Stop", elem_id="stop-picture")
            add_fetching(shelf)
        with gr.Column(scale=3, min_width=280):
            status = gr.HTML(
                tell("Drop a picture, choose a method, make it."), elem_id="picture-status"
            )
            preview = gr.HTML(elem_id="picture-preview")
            slider = gr.ImageSlider(
                type="filepath", label="Before and after", elem_id="picture-slider", visible=False,
                buttons=["fullscreen"],
            )  # fmt: skip
            download = gr.DownloadButton("Download", visible=False, elem_id="picture-download")

    groups = [any_style, gatys, dream, noise, painted]

    def show_controls(name: str) -> list[Any]:
        return [gr.Group(visible=name in STYLED)] + [
            gr.Group(visible=name == one) for one in METHODS
        ]

    method.input(show_controls, method, [styled, *groups], **QUIET)

    def work(
        request: gr.Request, path: str | None, name: str, side: int, title: str,
        own_path: str | None, whose: str, force: float, size: int, share: str, count: int,
        seen: str, sizes: int, each: int, cleaner: str | None, added: float,
        hand: str | None, hand_force: float,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        gone = (gr.ImageSlider(visible=False), gr.DownloadButton(visible=False))
        choices = {
            "Any style": {"strength": force, "color": whose, "style_pixels": size},
            "Style by optimisation (Gatys)": {
                "balance": share,
                "steps": int(count),
                "color": whose,
            },
            "DeepDream": {"layer": seen, "octaves": int(sizes), "steps": int(each)},
            "Denoise": {"denoiser": cleaner, "sigma": added},
            "Painters": {"painter": hand, "strength": hand_force},
        }[name]
        try:
            chosen = read_style(house, title, own_path) if name in STYLED else None
            asked = Asked(read_upload(path), int(side), chosen, choices)
        except ConvatlasError as error:
            yield tell(str(error), "error"), "", *gone
            return
        yield tell("Waiting for its turn."), "", *gone
        run = METHODS[name]
        for told, seen_so_far, made in follow(
            house.desk, request, lambda job: run(shelf, house.desk.device, asked, job)
        ):
            kept = gr.skip() if seen_so_far is None else seen_so_far
            words = told if told or made is not None else gr.skip()
            if made is None:
                yield words, kept, gr.skip(), gr.skip()
            else:
                yield show_made(house, request, made)

    running = make.click(
        work,
        [photograph, method, pixels, style, own, color, strength, strokes, balance, steps, layer,
         octaves, dream_steps, denoiser, sigma, painter, painter_strength],
        [status, preview, slider, download],
        concurrency_id="device", concurrency_limit=1, show_progress_on=[status],
        show_progress="minimal", api_visibility="private",
    )  # fmt: skip
    add_stop(house.desk, stop, status, running)


def show_made(house: House, request: gr.Request, made: Made) -> tuple[Any, ...]:
    """Show before and after, and offer the picture."""
    before = house.new_path(request, "before.png")
    after = before.with_name("convatlas.png")
    Image.fromarray(made.before).save(before)
    save_picture(after, made.after, made_by=made.made_by)
    pair = (str(before), str(after))
    height, width = made.after.shape[:2]
    return (
        tell(f"Made by {made.made_by}, {width}x{height} pixels."),
        "",
        gr.ImageSlider(value=pair, visible=True),
        gr.DownloadButton(value=str(after), visible=True),
    )
