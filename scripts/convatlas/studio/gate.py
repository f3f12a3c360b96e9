"""The studio's door: who may come in, which routes there are, and whose files are whose.

Gradio serves any file of its cache to whoever knows its path, downloads what an address in a
request names, and has routes that the studio does not use. Here only a list of routes is open;
files, as answers or in requests, are a visitor's own; and a page may ask this server alone.
"""

import base64
import binascii
import json
import secrets
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from convatlas.studio.visitors import Visitors

COOKIE, VISITOR = "convatlas_studio", "x-convatlas-visitor"
"""What a browser is known by, and the header by which pages are told; nobody can send it."""
BODY_BYTES = 4 * 2**20
"""The most that a request without a file may hold: drawings are the largest."""
API = "/gradio_api/"
OPEN = (
    "upload_progress", "queue/join", "queue/data", "cancel", "heartbeat/", "run/predict",
    "startup-events", "app_id", "theme.css", "reset", "info", "login_check",
)  # fmt: skip
"""Gradio's routes that pages ask, beside files and uploads."""
PLAIN = ("/assets/", "/static/", "/svelte/", "/report/", "/config", "/theme.css", "/favicon.ico")
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
"""Browsers refuse by it whatever would ask another host."""
SAFE = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Gate:
    """Middleware before everything that the studio serves.

    Parameters
    ----------
    app : ASGI application
        What is behind.
    visitors : Visitors
        Who has which files.
    hosts : frozenset of str, optional
        Names by which this server may be asked: for one on loopback, so that no page elsewhere can
        point a name of its own at it. Any, unless given.
    password : str, optional
        Asked for by the browser, with any user name.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        visitors: Visitors,
        hosts: frozenset[str] | None = None,
        password: str | None = None,
    ) -> None:
        self.app, self.visitors, self.hosts, self.password = app, visitors, hosts, password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        headers = Headers(scope=scope)
        token, fresh = self._token(headers)
        refused = self._refusal(scope, headers, token)
        if refused is None and scope["method"] == "POST" and not _is_upload(scope):
            refused, receive = await self._look_into(scope, receive, token)
        if refused is not None:
            return await refused(scope, receive, send)
        self.visitors.see(token)
        kept = [(key, value) for key, value in scope["headers"] if key != VISITOR.encode()]
        inner = {**scope, "headers": [*kept, (VISITOR.encode(), token.encode())]}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for key, value in SAFE.items():
                    # the report brings its own, stricter policy in its pages
                    if key not in given:
                        given[key] = value
                if fresh:
                    secure = "; Secure" if scope["scheme"] == "https" else ""
                    given.append(
                        "set-cookie", f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"
                    )
            await send(message)

        return await self.app(inner, receive, answer)

    def _token(self, headers: Headers) -> tuple[str, bool]:
        # browsers send what any server on this host, on any port, has set: ours is among it
        found = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if len(found) == len(self.visitors.new_token()):
            return found, False
        return self.visitors.new_token(), True

    def _refusal(self, scope: Scope, headers: Headers, token: str) -> PlainTextResponse | None:
        host = headers.get("host", "")
        if self.hosts is not None and _split(f"//{host}").hostname not in self.hosts:
            return _say(421, "This studio answers on this machine alone, by its own address.")
        origin = headers.get("origin")
        if origin is not None and _split(origin).netloc != host:
            return _say(403, "Pages of other sites cannot use this studio.")
        if self.password is not None and not _knows(
            headers.get("authorization", ""), self.password
        ):
            asking = {"www-authenticate": 'Basic realm="Convatlas studio", charset="UTF-8"'}
            return PlainTextResponse("The password is wanted.", 401, headers=asking)
        path = scope["path"]
        if path.startswith(f"{API}file="):
            # decoded once already, as Gradio gets it: decoded again, it would be another's name
            if scope["method"] in ("GET", "HEAD") and self.visitors.owns(
                token, path.removeprefix(f"{API}file=")
            ):
                return None
            return _say(403, "This is no file of yours.")
        known = path == "/" or path.startswith(PLAIN) or _is_upload(scope)
        if not known and not any(path.startswith(API + one) for one in OPEN):
            return _say(404, "There is nothing here.")
        return None

    async def _look_into(
        self, scope: Scope, receive: Receive, token: str
    ) -> tuple[PlainTextResponse | None, Receive]:
        """Read a request's body, and refuse one that names files which are not the visitor's."""
        body = b""
        async for part in Request(scope, receive).stream():
            body += part
            if len(body) > BODY_BYTES:
                return _say(413, "This request is too large."), receive
        try:
            content = json.loads(body or b"null")
        except (ValueError, RecursionError):
            return _say(400, "This request cannot be read."), receive
        if not self._all_own(content, token):
            return _say(403, "This request names a file that is not yours."), receive
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        return None, replay

    def _all_own(self, content: object, token: str) -> bool:
        """Tell whether every file that a request names is the visitor's."""
        waiting = [content]
        while waiting:
            value = waiting.pop()
            if isinstance(value, list):
                waiting += value
            elif isinstance(value, dict):
                if "path" in value:
                    path, url = value["path"], value.get("url")
                    if path is not None and not self.visitors.owns(token, str(path)):
                        return False
                    if path is None and url is not None:
                        return False
                    if isinstance(url, str) and url.startswith("data:"):
                        return False
                elif isinstance(value.get("meta"), dict) or "url" in value:
                    return False
                waiting += value.values()
        return True


def _is_upload(scope: Scope) -> bool:
    return scope["path"] == f"{API}upload"


def _say(status: int, words: str) -> PlainTextResponse:
    return PlainTextResponse(words, status, headers=SAFE)


def _knows(authorization: str, password: str) -> bool:
    """Tell whether a browser sent the password (RFC 7617); in a time that tells nothing of it."""
    kind, _, content = authorization.partition(" ")
    try:
        given = base64.b64decode(content, validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    return kind.lower() == "basic" and secrets.compare_digest(
        given.partition(":")[2].encode(), password.encode()
    )


def _split(address: str) -> SplitResult:
    """Take an address apart; one that is none is nobody's."""
    try:
        return urlsplit(address)
    except ValueError:
        return SplitResult("", "", "", "", "")
