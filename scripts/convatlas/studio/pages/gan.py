"""The page of GANs: digits between two seeds, along sliders, and the discriminator's verdict."""

from typing import Any

import gradio as gr

from convatlas.errors import ConvatlasError
from convatlas.studio.generating import SHOWN, SLIDERS, Pair, load_pair
from convatlas.studio.looks import inline_picture, tell
from convatlas.studio.pages.making import QUIET, House
from convatlas.studio.shelf import MissingError

MISSING = (
    "No GAN has been trained here yet. make demo trains several in minutes, snakemake --cores 2 "
    "gans those of the documents; then start the studio again."
)


def add_gan_page(house: House) -> None:
    """Add the page to the blocks that are being built."""
    shelf = house.shelf

    def pair_of(title: str | None, epoch: int | None) -> Pair:
        gans = shelf.gans()
        if not gans:
            raise MissingError(MISSING)
        return load_pair(gans.get(title) or next(iter(gans.values())), epoch)

    titles = list(shelf.gans())
    with gr.Row():
        with gr.Column(scale=2, min_width=280):
            gan = gr.Dropdown(titles, value=next(iter(titles), None), label="GAN", elem_id="gan")
            epoch = gr.Dropdown([], label="after epoch", elem_id="gan-epoch")
            with gr.Row():
                first = gr.Number(1, precision=0, minimum=0, label="Seed, from", min_width=110)
                second = gr.Number(2, precision=0, minimum=0, label="Seed, to", min_width=110)
            share = gr.Slider(
                0, 1, 0, step=0.02, label="From the one to the other", elem_id="share"
            )
            pushes = [
                gr.Slider(-3, 3, 0, step=0.1, label=f"Latent number {number + 1}")
                for number in range(SLIDERS)
            ]
        with gr.Column(scale=3, min_width=280):
            walk = gr.HTML(tell(MISSING, "missing") if not titles else "", elem_id="walk")
            with gr.Row():
                seed = gr.Number(0, precision=0, minimum=0, label="Seed of the grid", min_width=110)
                again = gr.Button("Generate others", elem_id="others", min_width=110)
            grid = gr.HTML(elem_id="grid")

    def show_walk(
        title: str | None, after: int | None, one: float | None, other: float | None,
        place: float, *forces: float,
    ) -> str:  # fmt: skip
        try:
            walked = pair_of(title, after).walk(
                _seed(one), _seed(other), float(place), [float(force) for force in forces]
            )
        except ConvatlasError as error:
            return tell(str(error), _kind(error))
        large = inline_picture(walked.digit, "the generated digit", width=168, crisp=True)
        strip = "".join(
            inline_picture(digit, f"step {number + 1} of the way", width=56, crisp=True)
            for number, digit in enumerate(walked.strip)
        )
        return (
            f'<div class="answer"><figure>{large}<figcaption>here</figcaption></figure></div>'
            '<div class="maps"><h3>From the one seed to the other</h3>'
            f'<div class="row">{strip}</div></div>'
        )

    def show_grid(title: str | None, after: int | None, number: float | None) -> str:
        try:
            made, sure = pair_of(title, after).judge(_seed(number))
        except ConvatlasError as error:
            return tell(str(error), _kind(error))
        figures = "".join(
            f"<figure>{inline_picture(digit, 'a generated digit', width=74, crisp=True)}"
            f'<figcaption class="{"real" if one >= 0.5 else "fake"}">'
            f"{'real' if one >= 0.5 else 'fake'} {100 * one:.0f} %</figcaption></figure>"
            for digit, one in zip(made, sure, strict=True)
        )
        taken = int((sure >= 0.5).sum())
        return (
            '<div class="maps"><h3>Generated, with the discriminator\'s verdict</h3>'
            f'<p class="quiet">Of {SHOWN} it takes {taken} for real, so probably each:</p>'
            f'<div class="digits">{figures}</div></div>'
        )

    def offer_epochs(title: str | None) -> list[Any]:
        try:
            pair = pair_of(title, None)
        except ConvatlasError:
            return [gr.Dropdown(choices=[]), *[gr.Slider() for _ in range(SLIDERS)]]
        sliders = [gr.Slider(label=f"Latent number {number}", value=0) for number in pair.strongest]
        sliders += [gr.Slider(visible=False)] * (SLIDERS - len(sliders))
        return [gr.Dropdown(choices=pair.epochs, value=pair.epochs[-1]), *sliders]

    walked = [gan, epoch, first, second, share, *pushes]
    live = {**QUIET, "trigger_mode": "always_last"}
    gr.on([one.input for one in walked[1:]], show_walk, walked, walk, **live)
    gr.on([epoch.input, seed.input], show_grid, [gan, epoch, seed], grid, **live)
    again.click(lambda number: _seed(number) + 1, seed, seed, **QUIET).then(
        show_grid, [gan, epoch, seed], grid, **QUIET
    )
    root = gr.context.Context.root_block
    gr.on([root.load, gan.input], offer_epochs, gan, [epoch, *pushes], **QUIET).then(
        show_walk, walked, walk, **QUIET
    ).then(show_grid, [gan, epoch, seed], grid, **QUIET)


def _seed(number: float | None) -> int:
    return min(max(int(number or 0), 0), 2**31 - 1)


def _kind(error: ConvatlasError) -> str:
    return "missing" if isinstance(error, MissingError) else "error"
