"""The studio put together: pages, queue, door, files."""

import asyncio
import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import torch
from fastapi import FastAPI
from filelock import FileLock, Timeout
from starlette.staticfiles import StaticFiles

from convatlas.errors import ConvatlasError
from convatlas.studio.gate import Gate
from convatlas.studio.jobs import Desk
from convatlas.studio.shelf import Shelf
from convatlas.studio.uploads import take_uploads
from convatlas.studio.visitors import SWEEP_SECONDS, Visitors

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LEAST_PASSWORD = 8
TITLE = "Convatlas studio"
PREFIX, ALIVE = "convatlas-studio-", "alive.lock"
"""Of private folders, and the file in each that its studio holds locked."""


def check_address(host: str, password: str | None) -> None:
    """Refuse to be seen by other machines without a password.

    Raises
    ------
    ConvatlasError
        If the address is not this machine's own and there is no password, or a short one.
    """
    if host in LOOPBACK:
        return
    if not password:
        raise ConvatlasError(
            f"--host {host} lets other machines use the studio, and there is no password: put one "
            "into the environment variable CONVATLAS_STUDIO_PASSWORD, or stay with 127.0.0.1"
        )
    if len(password) < LEAST_PASSWORD:
        raise ConvatlasError(
            f"the password has {len(password)} characters; {LEAST_PASSWORD} are the least"
        )


def _remove_abandoned(temporary: Path) -> None:
    """Remove private folders of studios that were killed: the system has dropped their locks."""
    for folder in temporary.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, Timeout):  # another user's; one that is in use
            if folder.stat().st_uid == os.getuid() and (folder / ALIVE).is_file():
                with FileLock(folder / ALIVE, blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)


def make_app(
    project: Path,
    results: Path,
    *,
    host: str = "127.0.0.1",
    password: str | None = None,
    device: torch.device | None = None,
) -> FastAPI:
    """Make the studio, for an ASGI server.

    Parameters
    ----------
    project : Path
        Folder of the Snakefile.
    results : Path
        Folder of the results of a run; there need not be any yet.
    host : str
        The address that it is going to be bound to.
    password : str, optional
        Wanted from visitors; must be given where `host` is not this machine's own.
    device : torch.device, optional
        Where to compute; a GPU if there is one, unless given.

    Returns
    -------
    FastAPI
        Its ``state.work`` is the private folder with all that it writes, which goes when it ends.

    Raises
    ------
    ConvatlasError
        If the address needs a password, or the config cannot be read.
    """
    check_address(host, password)
    _remove_abandoned(Path(tempfile.gettempdir()))
    # mkdtemp makes it for this user alone
    work = Path(tempfile.mkdtemp(prefix=PREFIX))
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    alive = FileLock(work / ALIVE)
    alive.acquire()
    # Gradio reads both when it is imported or a page is built; a name of its own in the visitors'
    # folder keeps what it writes itself apart from what visitors can ask for
    os.environ["GRADIO_TEMP_DIR"] = str(work / "visitors")
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from convatlas.studio.looks import read_asset, theme
    from convatlas.studio.pages.assembled import build_pages

    visitors = Visitors(work / "visitors")
    visitors.root.mkdir(mode=0o700)
    shelf, desk = Shelf(project, results, work / "weights"), Desk(device)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(_sweep(visitors))
        try:
            yield
        finally:
            sweeping.cancel()
            shutil.rmtree(work, ignore_errors=True)

    # no pages that describe the routes: they are nobody's business, and load from elsewhere
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.work, app.state.visitors, app.state.alive = work, visitors, alive
    take_uploads(app, visitors)
    report = StaticFiles(directory=results / "report", html=True, check_dir=False)
    app.mount("/report", report)
    blocks = build_pages(shelf, desk, visitors)
    options: dict[str, Any] = {"theme": theme(), "css": read_asset("studio.css")}
    gr.mount_gradio_app(
        app,
        blocks,
        "/",
        show_error=True,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        **options,
    )
    hosts = LOOPBACK if host in LOOPBACK else None
    app.add_middleware(Gate, visitors=visitors, hosts=hosts, password=password)
    return app


async def _sweep(visitors: Visitors) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        visitors.sweep()
