"""Files that visitors hand in: looked at before they are kept, under names of ours."""

import contextlib
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from convatlas.studio.gate import API, VISITOR
from convatlas.studio.limits import CLIP_BYTES, PICTURE_BYTES, RefusedError, look_at_upload
from convatlas.studio.visitors import Visitors

MOST_BYTES = CLIP_BYTES + 2**16
"""Of a request with a file: the largest clip, and what a form puts around it."""
VISITOR_BYTES = 3 * CLIP_BYTES
"""That one visitor may keep here at a time."""
ALL_BYTES = 5 * VISITOR_BYTES
"""That all of them may: who sends no cookie is a new one at every request."""


_looking = threading.Semaphore(2)
"""A picture may take some hundred megabytes to decode: two at a time."""
_making_room = threading.Lock()


class _TooLargeError(Exception):
    pass


def take_uploads(app: FastAPI, visitors: Visitors) -> None:
    """Serve the route by which pages hand files in, in the place of Gradio's own.

    The answer is what Gradio's pages want: a list of paths. What was handed in is decoded here
    already, so that nothing else ever opens a file that was not looked at; what is refused is
    removed at once, and the answer says why.
    """

    @app.post(f"{API}upload")
    async def take(request: Request) -> Response:
        visitors.sweep()
        token = request.headers[VISITOR]
        try:
            form = await MultiPartParser(
                request.headers, _bounded(request), max_files=1, max_fields=4
            ).parse()
        except _TooLargeError:
            return PlainTextResponse(f"Files may have {CLIP_BYTES >> 20} MB at most.", 413)
        except (MultiPartException, KeyError) as error:
            return PlainTextResponse(f"This form cannot be read: {error}", 400)
        try:
            files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            if len(files) != 1:
                return PlainTextResponse("One file at a time, please.", 400)
            path = await run_in_threadpool(_keep, files[0], token, visitors)
        except RefusedError as error:
            return PlainTextResponse(str(error), 415)
        finally:
            await form.close()
        return JSONResponse([str(path)])

    @app.get(f"{API}upload_progress")
    async def tell_progress() -> Response:
        # pages ask for it while a file is on its way; on one machine that takes no time
        return PlainTextResponse('data: {"msg": "done"}\n\n', media_type="text/event-stream")


async def _bounded(request: Request) -> AsyncIterator[bytes]:
    count = 0
    async for part in request.stream():
        count += len(part)
        if count > MOST_BYTES:
            raise _TooLargeError
        yield part


def _keep(upload: UploadFile, token: str, visitors: Visitors) -> Path:
    """Write a visitor's file under a name of ours, and look at it."""
    with _making_room:  # or requests at the same time would each find room for itself
        size = upload.size or 0
        if _bytes_in(visitors.folder(token)) + size > VISITOR_BYTES:
            raise RefusedError("You have too much here already: reload the page to begin anew.")
        if _bytes_in(visitors.root) + size > ALL_BYTES:
            raise RefusedError("There is no room left here: try again in some minutes.")
        path = visitors.new_path(token, "upload")
        with _removed_if_refused(visitors, token, path), path.open("xb") as file:
            shutil.copyfileobj(upload.file, file, 2**20)
    with _removed_if_refused(visitors, token, path):
        with _looking:
            suffix = look_at_upload(path)
        if suffix != ".mp4" and path.stat().st_size > PICTURE_BYTES:
            raise RefusedError(f"Pictures may have {PICTURE_BYTES >> 20} MB at most.")
        return path.rename(path.with_suffix(suffix))


@contextlib.contextmanager
def _removed_if_refused(visitors: Visitors, token: str, path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        visitors.remove(token, path)
        raise


def _bytes_in(folder: Path) -> int:
    """Add up what lies in a folder, some of which may go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
