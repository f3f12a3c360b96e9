"""The page on which a clip is restyled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

from convatlas.errors import ConvatlasError
from convatlas.studio.clips import restyle_clip
from convatlas.studio.jobs import Job
from convatlas.studio.limits import CLIP_BYTES, CLIP_SECONDS, RefusedError
from convatlas.studio.looks import tell
from convatlas.studio.pages.making import QUIET, House, add_fetching, add_stop, follow
from convatlas.studio.pages.picture import COLORS, choose_style, read_style
from convatlas.studio.restyling import load_any_style, load_style

ANY = "any style, from a picture"
LIMITS = (
    f"Up to {CLIP_SECONDS:.0f} s, 1920x1080 pixels and {CLIP_BYTES >> 20} MB; longer ones by "
    "make stylize. The sound is kept."
)


def path_of(payload: Any) -> str | None:  # noqa: ANN401 - as Gradio's
    """Return the path of a visitor's file, in the place of what Gradio's files do.

    They write an empty file beside each, and nobody removes it.
    """
    return None if payload is None else str(payload.path)


def show_clip(path: str | None, label: str) -> str:
    """Show a visitor's clip as HTML, by the browser's own player."""
    caption = f"<figcaption>{label}</figcaption>"
    if path is None:
        return f'<figure class="clip"><div class="blank"></div>{caption}</figure>'
    return (
        f'<figure class="clip"><video controls playsinline preload="metadata" aria-label="{label}" '
        f'src="gradio_api/file={quote(path)}"></video>{caption}</figure>'
    )


def add_video_page(house: House) -> None:
    """Add the page to the blocks that are being built."""
    shelf = house.shelf
    clip = gr.File(
        file_types=["video", ".gif"], label="Clip", elem_id="clip", height=120, buttons=[]
    )
    clip.preprocess = path_of
    with gr.Row(elem_classes="clips"):
        original = gr.HTML(show_clip(None, "Original"), elem_id="original")
        restyled = gr.HTML(show_clip(None, "Restyled"), elem_id="restyled")
    status = gr.HTML(tell(LIMITS), elem_id="video-status")
    with gr.Row():
        make = gr.Button("Restyle it", variant="primary", elem_id="make-video")
        stop = gr.Button("Stop", elem_id="stop-video")
        download = gr.DownloadButton("Download", visible=False, elem_id="video-download")
    with gr.Row():
        with gr.Column(min_width=280):
            network = gr.Dropdown([ANY, *shelf.painters()], value=ANY, label="Network")
            with gr.Group() as styled:
                style, own, _ = choose_style(house)
        with gr.Column(min_width=280):
            color = gr.Radio(COLORS, value="style", label="Colours")
            strength = gr.Slider(0, 1, 1, step=0.05, label="Strength")
            steady = gr.Checkbox(value=True, label="Less flicker (average along the motion)")
    add_fetching(shelf)
    clip.change(lambda path: show_clip(path, "Original"), clip, original, **QUIET)
    network.input(lambda name: gr.Group(visible=name == ANY), network, styled, **QUIET)

    def work(
        request: gr.Request, path: str | None, name: str, title: str, own_path: str | None,
        whose: str, force: float, calm: bool,
    ) -> Iterator[tuple[Any, ...]]:  # fmt: skip
        gone = (show_clip(None, "Restyled"), gr.DownloadButton(visible=False))
        try:
            if path is None:
                raise RefusedError("There is no clip yet: drop one, or choose a file.")
            pictures = [read_style(house, title, own_path)] if name == ANY else []
        except ConvatlasError as error:
            yield tell(str(error), "error"), *gone
            return
        yield tell("Waiting for its turn."), *gone
        output = house.new_path(request, "convatlas.mp4")

        def run(job: Job) -> Any:  # noqa: ANN401
            device = house.desk.device
            if name == ANY:
                options = {"strength": force, "color": whose, "stabilise": calm}
                stylizer = load_any_style(shelf, pictures, device, **options)
            else:
                known = shelf.painters()[name]
                stylizer = load_style(shelf, known, device, strength=force, stabilise=calm)
            return restyle_clip(Path(path), stylizer, output, job)

        made = None
        try:
            for told, _, made in follow(house.desk, request, run):
                if made is None:
                    yield told, gr.skip(), gr.skip()
        finally:
            if made is None:
                house.remove(request, output)
        if made is not None:
            words = " ".join((f"{made.frames} frames restyled.", *made.notes))
            shown = gr.DownloadButton(value=str(made.path), visible=True)
            yield tell(words), show_clip(str(made.path), "Restyled"), shown

    running = make.click(
        work,
        [clip, network, style, own, color, strength, steady],
        [status, restyled, download],
        concurrency_id="device", concurrency_limit=1, show_progress_on=[status],
        show_progress="minimal", api_visibility="private",
    )  # fmt: skip
    add_stop(house.desk, stop, status, running)
