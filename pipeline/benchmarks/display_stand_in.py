"""A stand-in for the display's server: the page over HTTP, frames and answers over `/ws`.

It measures and tests the page alone: no session is behind it, its frames are made, and it checks
nothing of what the real server checks. Run as a program it is a process that can be stopped whole.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from pipeline.benchmarks.display_frames import coded_picture, ready_header
from pipeline.display.wire import PROTOCOL, pack_for_page, pack_picture_for_page

PAGE = Path(__file__).resolve().parents[1] / "display" / "page"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = "default-src 'self'"  # as the real server's: nothing inline, nothing from outside
FRAME_S = 1 / 30
CLAIMED_AGE_MS = 30.0  # what a frame has behind it when it is sent
ACK_WAIT_S = HELLO_S = 2.0
TOKEN = "stand-in"  # noqa: S105 - opens made frames only
NOT_ADMITTED = 4401

Made = tuple[dict[str, object], bytes]


class StandIn:
    """Serves until `close`. `make` makes header and picture of a sequence number.

    Attributes
    ----------
    is_frozen
        The last frame is sent again and again, its age as if it were new.
    is_paused
        No frame is sent.
    protocol
        The version that it says to be of, from the next connection on.
    commands
        What the page sent but `drawn`, in order.
    """

    def __init__(
        self,
        make: Callable[[int], Made],
        *,
        role: str = "console",
        language: str = "en",
        answer: Callable[[dict[str, object]], tuple[bool, str]] = lambda _: (True, ""),
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.make, self.role, self.language, self.answer = make, role, language, answer
        self.tell = tell
        self.is_frozen = self.is_paused = False
        self.protocol = PROTOCOL
        self.commands: list[dict[str, object]] = []
        self.sequence = 0
        self._connections: list[ServerConnection] = []
        self._stopped = threading.Event()
        self._server = serve(self._serve, "127.0.0.1", 0, process_request=_page_file)
        self.port: int = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/#{self.role}={TOKEN}"

    def say(self, told: dict[str, object]) -> None:
        """Tell every page something."""
        for connection in self._connections:
            connection.send(json.dumps(told))

    def drop(self) -> None:
        """End every connection; pages may come again."""
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.close()

    def close(self) -> None:
        """End every connection and the server."""
        self._stopped.set()
        self._server.shutdown()
        self._thread.join(timeout=5)

    def _serve(self, connection: ServerConnection) -> None:
        said = json.loads(connection.recv(HELLO_S))
        if said != {"kind": "hello", "role": self.role, "token": TOKEN}:
            connection.close(NOT_ADMITTED)
            return
        hello = {
            "kind": "hello",
            "role": self.role,
            "protocol": self.protocol,
            "origin": "simulated",
            "language": self.language,
        }
        drawn = threading.Event()
        drawn.set()
        sender = threading.Thread(target=self._send, args=(connection, drawn), daemon=True)
        self._connections.append(connection)
        try:
            connection.send(json.dumps(hello))
            sender.start()
            for line in connection:
                self._received(connection, json.loads(line), drawn)
        except ConnectionClosed:
            return

    def _received(
        self, connection: ServerConnection, command: dict[str, object], drawn: threading.Event
    ) -> None:
        if command["kind"] == "drawn":
            drawn.set()
            return
        self.commands.append(command)
        is_accepted, why = self.answer(command)
        reply = {"kind": "answer", "id": command["id"], "accepted": is_accepted, "why": why}
        connection.send(json.dumps(reply | {"detail": ""}))

    def _send(self, connection: ServerConnection, drawn: threading.Event) -> None:
        made: Made | None = None
        while not self._stopped.is_set():
            time.sleep(FRAME_S)
            if self.is_paused or not drawn.wait(ACK_WAIT_S):
                continue
            drawn.clear()
            if made is None or not self.is_frozen:
                self.sequence += 1
                made = self.make(self.sequence)
                exposed_ns = time.time_ns() - round(CLAIMED_AGE_MS * 1e6)
                self.tell(f"{made[0]['sequence']} {exposed_ns}")
            try:
                for each in _messages(*made):
                    connection.send(each)
            except ConnectionClosed:
                return


def _messages(header: dict[str, object], jpeg: bytes) -> Iterator[bytes]:
    """Every second frame brings its picture; the others' go ahead, as both may come."""
    text, sequence = json.dumps(header, allow_nan=False).encode(), int(str(header["sequence"]))
    if sequence % 2:
        yield pack_for_page(text, jpeg, CLAIMED_AGE_MS)
    else:
        yield pack_picture_for_page(sequence, jpeg)
        yield pack_for_page(text, b"", CLAIMED_AGE_MS)


def _page_file(connection: ServerConnection, request: Request) -> Response | None:
    """A file of the page; None for the WebSocket."""
    path = urlsplit(request.path).path
    if path == "/ws":
        return None
    name = path.lstrip("/") or "index.html"
    file = (PAGE / name).resolve()
    if not file.is_relative_to(PAGE) or not file.is_file():
        return connection.respond(404, f"no such file: {name}\n")
    headers = Headers(
        {
            "Content-Type": KINDS.get(file.suffix, "application/octet-stream"),
            "Content-Length": str(file.stat().st_size),
            "Content-Security-Policy": POLICY,
            "Connection": "close",
        }
    )
    return Response(200, "OK", headers, file.read_bytes())


def _ready(sequence: int) -> Made:
    return ready_header(sequence), coded_picture(sequence)


def main() -> None:
    """Serve READY frames; stdin: `freeze`, `run`; stdout: the port, then sequence and exposure."""
    out = threading.Lock()

    def tell(line: str) -> None:
        with out:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    stand_in = StandIn(_ready, tell=tell)
    tell(str(stand_in.port))
    for line in sys.stdin:
        stand_in.is_frozen = line.strip() == "freeze"
    stand_in.close()


if __name__ == "__main__":
    main()
