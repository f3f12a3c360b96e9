"""What the pages with long jobs share: who asks, how far it is, how it is stopped."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.studio.gate import VISITOR
from convatlas.studio.jobs import Desk, Job, Update
from convatlas.studio.looks import inline_picture, show_progress, tell
from convatlas.studio.shelf import Shelf
from convatlas.studio.visitors import Visitors
from convatlas.video.flow import shrink

QUIET = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""For what is there at once."""
PREVIEW_PIXELS = 480
STOPPED = "Stopped."


@dataclass(frozen=True)
class House:
    """What every page needs."""

    shelf: Shelf
    desk: Desk
    visitors: Visitors
    _made: dict[tuple[str, str], Path] = field(default_factory=dict)

    def new_path(self, request: gr.Request, name: str) -> Path:
        """Return a path for what is made for the visitor who asks; what was before it goes.

        Parameters
        ----------
        request : gradio.Request
            Of a page.
        name : str
            Of the file; of one name a page has one.
        """
        token, key = request.headers[VISITOR], (request.session_hash, name)
        self.visitors.remove(token, self._made.pop(key, None))
        self._made[key] = self.visitors.new_path(token, name)
        return self._made[key]

    def remove(self, request: gr.Request, path: Path) -> None:
        """Remove a file of the visitor who asks, and all that lies beside it."""
        self.visitors.remove(request.headers[VISITOR], path)

    def leave(self, request: gr.Request) -> None:
        """Stop what runs for a page that was closed, and forget what was made for it."""
        self.desk.stop(request.session_hash)
        for key in [key for key in self._made if key[0] == request.session_hash]:
            del self._made[key]
        self.visitors.leave(request.headers[VISITOR], request.session_hash)


def follow(
    desk: Desk, request: gr.Request, work: Callable[[Job], Any]
) -> Iterator[tuple[str, str | None, Any]]:
    """Run work for the page that asks, and give status, preview and what came of it.

    Yields
    ------
    tuple
        The status and the preview as HTML, None where the one before stays; and the value at the
        end, None before.
    """
    for update in desk.run(request.session_hash, work):
        yield (*_show(update), update.value if update.kind == "done" else None)


def _show(update: Update) -> tuple[str, str | None]:
    match update.kind:
        case "picture":
            return "", show_preview(update.value)
        case "progress":
            of = f"{update.done} of {update.total} " if update.total > 1 else ""
            return show_progress(update.done, update.total, of + update.words), None
        case "done":
            return "", ""
        case "failed":
            return tell(update.words, "error"), ""
        case "stopped":
            return tell(STOPPED), ""
    return tell(update.words), None


def show_preview(picture: np.ndarray) -> str:
    """Return a picture on its way as HTML: no file is written for it."""
    return inline_picture(
        shrink(picture, PREVIEW_PIXELS), "the picture so far", width=PREVIEW_PIXELS
    )


def add_stop(desk: Desk, button: gr.Button, status: gr.HTML, running: Any) -> None:  # noqa: ANN401
    """Let a button stop the page's job, and take it out of the queue if it only waits."""

    def stop(request: gr.Request) -> str:
        desk.stop(request.session_hash)
        return tell(STOPPED)

    button.click(stop, None, status, cancels=[running], **QUIET)


def add_fetching(shelf: Shelf) -> None:
    """Offer published files that are not here; nothing is shown where all are."""
    lacking = shelf.lacking()
    offer = gr.HTML(visible=bool(lacking))
    button = gr.Button("Fetch what is published", visible=bool(lacking), elem_classes="fetch")
    if lacking:
        offer.value = tell(_offer(shelf), "missing")

    def fetch() -> tuple[Any, Any]:
        for entry in shelf.lacking():
            try:
                shelf.files(entry, fetch=True)
            except ConvatlasError as error:
                return gr.HTML(tell(str(error), "error")), gr.Button()
        words = "All is here now: start the studio again to choose from it."
        return gr.HTML(tell(words)), gr.Button(visible=False)

    button.click(fetch, None, [offer, button], concurrency_id="fetch", api_visibility="private")


def _offer(shelf: Shelf) -> str:
    titles = "; ".join(entry["title"] for entry in shelf.lacking())
    return f"Not on this machine yet: {titles}. The button asks the mirror, then their addresses."
