"""The display server's process: `python -m pipeline.display.process`, started by `serving.py`.

It ends with the session: when the session's socket ends, clients are told and the process exits.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import uvicorn

from pipeline.display.app import Application, build_app
from pipeline.display.asking import SessionAsker
from pipeline.display.connection import Shared
from pipeline.display.drawing import Drawn, Picture
from pipeline.display.guarded_socket import GuardedSocket
from pipeline.display.http_protocol import BoundedHttp, BoundedWebSocket
from pipeline.display.hub import Hub
from pipeline.display.limits import GRACE_S, HTTP_S, MAX_MESSAGE_BYTES, MAX_REQUEST_BYTES, PING_S
from pipeline.display.reader import SessionReader
from pipeline.display.start import MAX_START_BYTES, READY, Listener, Start, read_start
from pipeline.display.wire import PROTOCOL
from pipeline.precedence import DISPLAY_NICENESS, stand_behind_the_session

MAX_OPEN_FILES = 256  # whatever comes, it is no more than this
EXIT_SESSION_DIED = 3


class _Loop(asyncio.SelectorEventLoop):
    """Gives an encrypted connection no more time to begin than a plain one."""

    async def create_server(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        if options.get("ssl") is not None:
            options.setdefault("ssl_handshake_timeout", HTTP_S)
        return await super().create_server(*arguments, **options)


class _Server(uvicorn.Server):
    """One of several in this process: signals are the process's own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def main() -> int:
    """Serve one session; return the exit code."""
    for ignored in (signal.SIGINT, signal.SIGHUP):  # Ctrl-C ends the session, which ends this
        signal.signal(ignored, signal.SIG_IGN)
    stand_behind_the_session(DISPLAY_NICENESS)
    text = sys.stdin.buffer.read(MAX_START_BYTES + 1)
    if not text:  # the session died before it could say anything
        return EXIT_SESSION_DIED
    start = read_start(text)
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    cv2.setNumThreads(1)
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    for library in ("asyncio", "uvicorn"):  # what clients do wrong is no news, and has no end
        logging.getLogger(library).setLevel(logging.CRITICAL)
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(serve(start))
    return 0


async def serve(start: Start) -> None:
    """Serve until the session's socket has ended."""
    loop = asyncio.get_running_loop()
    hub, ended = Hub(), asyncio.Event()
    asker = SessionAsker(Path(start.control) if start.control else None)
    hello: dict[str, object] = {
        "protocol": PROTOCOL,
        "origin": start.origin,
        "recording": start.recording,
        "language": start.language,
    }
    app = build_app(Shared(hub, start.tokens, asker, hello), start.places, Path(start.page))
    servers = [_server(app, start, listener) for listener in start.listeners]

    def from_thread(call: Callable[..., None], *arguments: Drawn | Picture) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody is left to be told
            loop.call_soon_threadsafe(call, *arguments)

    def end() -> None:
        from_thread(hub.lose)
        from_thread(ended.set)

    session = socket.socket(fileno=start.session_fd)
    reader = SessionReader(
        session,
        show=partial(from_thread, hub.show),
        show_picture=partial(from_thread, hub.show_picture),
        lose=partial(from_thread, hub.lose),
        ended=end,
        is_watched=lambda: hub.n_clients > 0,
    )
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    serving = [
        asyncio.create_task(server.serve([_listening(listener)]))
        for server, listener in zip(servers, start.listeners, strict=True)
    ]
    try:
        session.sendall(READY)
    except OSError:
        end()  # the session was shorter than this start
    reader.start()
    await ended.wait()
    await asyncio.sleep(GRACE_S)
    for server in servers:
        server.should_exit = True
    asker.close()
    await asyncio.gather(*serving)


def _listening(listener: Listener) -> socket.socket:
    """Who comes encrypted, and so from elsewhere, leaves room for those who do not."""
    if listener.is_tls:
        return GuardedSocket(listener.fd, MAX_OPEN_FILES // 2)
    return socket.socket(fileno=listener.fd)


def _server(app: Application, start: Start, listener: Listener) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=BoundedHttp,
            ws=BoundedWebSocket,
            ws_max_size=MAX_MESSAGE_BYTES,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            ws_per_message_deflate=False,  # pictures are compressed; a bomb has nothing to unpack
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,  # nobody says for another where a client is
            server_header=False,
            h11_max_incomplete_event_size=MAX_REQUEST_BYTES,
            timeout_keep_alive=int(HTTP_S),
            timeout_graceful_shutdown=1,
            ssl_certfile=start.certificate if listener.is_tls else None,
            ssl_keyfile=start.key if listener.is_tls else None,
        )
    )


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # threads that still wait for a session's answer wait for nobody
