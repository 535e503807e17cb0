"""The application: the page's files and `/ws`, for the right Host and Origin only."""

from __future__ import annotations

import logging
import mimetypes
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, WebSocket
from fastapi.staticfiles import StaticFiles

from pipeline.display.access import SECURE, Places
from pipeline.display.connection import Shared, serve

# ASGI's own words.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SOCKET_PATH = "/ws"
METHODS = ("GET", "HEAD")
FIXED = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'{socket}; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def build_app(shared: Shared, places: Places, page: Path) -> Application:
    """Return the application; `page` is the folder with `index.html`."""
    for suffix in (".js", ".mjs"):
        mimetypes.add_type("text/javascript", suffix)  # nosniff: no other type is run
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.websocket(SOCKET_PATH)
    async def ws(socket: WebSocket) -> None:
        await serve(socket, shared)

    app.mount("/", StaticFiles(directory=page, html=True))
    return Door(app, places)


class Door:
    """Stands before the application: refuses strangers, and every answer has its headers."""

    def __init__(self, app: Application, places: Places) -> None:
        self._app, self._places = app, places
        self._told: set[type[Exception]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        is_socket = scope["type"] == "websocket"
        host = self._places.host(scope["scheme"], scope["headers"])

        async def secured(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                add_headers(message, scope["scheme"], host)
            await send(message)

        if not self._places.is_allowed(scope["scheme"], scope["headers"], needs_origin=is_socket):
            await _refuse(403, secured, is_socket=is_socket)
        elif is_socket and scope["path"] != SOCKET_PATH:
            await _refuse(404, secured, is_socket=True)
        elif not is_socket and scope["method"] not in METHODS:
            await _refuse(405, secured, is_socket=False)
        else:
            await self._answer(scope, receive, secured)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer; of its defects each kind is told once, not per request."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if type(error) not in self._told:
                self._told.add(type(error))
                logging.getLogger(__name__).exception("The display's server failed.")
            raise


def add_headers(message: Message, scheme: str, host: str | None) -> None:
    """Add what every answer carries."""
    socket = "" if host is None else f" {'wss' if SECURE[scheme] else 'ws'}://{host}"
    policy = (b"content-security-policy", POLICY.format(socket=socket).encode())
    named = {name for name, _ in (*FIXED, policy)}
    others = [(k, v) for k, v in message.get("headers", []) if k.lower() not in named]
    message["headers"] = [*others, *FIXED, policy]


async def _refuse(status: int, send: Send, *, is_socket: bool) -> None:
    kind = "websocket.http.response" if is_socket else "http.response"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"0")]
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": b"", "more_body": False})
