"""The page with the report of the last run."""

import gradio as gr

from convatlas.studio.looks import tell
from convatlas.studio.pages.making import QUIET, House

MISSING = "There is no report yet: make demo writes one in minutes; then reload this page."
SHOWN = (
    '<p><a class="door" href="report/index.html" target="_blank">Open the report by itself</a></p>'
    '<iframe class="report" src="report/index.html" title="The report" loading="lazy"></iframe>'
)


def add_results_page(house: House) -> None:
    """Add the page to the blocks that are being built."""

    def show() -> str:
        return SHOWN if house.shelf.report() else tell(MISSING, "missing")

    shown = gr.HTML(show(), elem_id="results")
    gr.context.Context.root_block.load(show, None, shown, **QUIET)
