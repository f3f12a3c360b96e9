"""All pages in one."""

import gradio as gr

from convatlas.studio.gate import VISITOR
from convatlas.studio.jobs import Desk
from convatlas.studio.pages.digit import add_digit_page
from convatlas.studio.pages.gan import add_gan_page
from convatlas.studio.pages.making import House
from convatlas.studio.pages.picture import add_picture_page
from convatlas.studio.pages.results import add_results_page
from convatlas.studio.pages.video import add_video_page
from convatlas.studio.shelf import Shelf
from convatlas.studio.visitors import Visitors

WELCOME = """# Convatlas studio
Draw a digit, restyle a picture or a clip, walk through what a GAN has learnt.
All of it is computed on this machine; what you hand in is deleted when you close the page."""


def build_pages(shelf: Shelf, desk: Desk, visitors: Visitors) -> gr.Blocks:
    """Build the studio's pages."""
    house = House(shelf, desk, visitors)
    with gr.Blocks(title="Convatlas studio", analytics_enabled=False) as blocks:
        gr.Markdown(WELCOME)
        with gr.Tabs():
            with gr.Tab("Digit", id="digit"):
                add_digit_page(shelf)
            with gr.Tab("Picture", id="picture"):
                add_picture_page(house)
            with gr.Tab("Video", id="video"):
                add_video_page(house)
            with gr.Tab("GAN", id="gan"):
                add_gan_page(house)
            with gr.Tab("Results", id="results"):
                add_results_page(house)

        def enter(request: gr.Request) -> None:
            visitors.enter(request.headers[VISITOR], request.session_hash)

        blocks.load(enter, queue=False, show_progress="hidden", api_visibility="private")
        blocks.unload(house.leave)
    blocks.queue(default_concurrency_limit=4, max_size=64)
    return blocks
