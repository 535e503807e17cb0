"""A display server of this project's own process, a session beside it, and clients as pages are."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from pipeline.config.display_settings import DisplaySettings
from pipeline.display.publisher import Publisher
from pipeline.display.serving import DisplayServer, Place, serving
from pipeline.display.wire import PICTURE, unpack_for_page
from pipeline.sinks.sink import FrameResult
from tests.builders_results import make_context, make_result

AGE_MS = 10.0
PATIENCE_S = 20.0
RATE_HZ = 30.0
MEASURED_S = 0.01  # a frame, behind its picture
INDEX = "<!doctype html><title>display</title>"
VIEWER_TOKEN = "ab" * 32


def make_page(folder: Path) -> Path:
    """A page's folder, as empty as it can be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(INDEX, encoding="utf-8")
    (folder / "app.js").write_text("export const x = 1;\n", encoding="utf-8")
    return folder


@dataclass(eq=False)
class At:
    """Where a server is."""

    place: Place

    @property
    def host(self) -> str:
        """Where the server listens, as a browser writes it."""
        return self.place.console_url.split("/")[2]

    @property
    def port(self) -> int:
        """The port of `host`."""
        return int(self.host.rpartition(":")[2])


@dataclass(eq=False)
class Stage(At):
    """A running server and the session that feeds it."""

    server: DisplayServer
    publisher: Publisher
    said: list[str]
    emit_s: list[float] = field(default_factory=list)

    def emit(self, result: FrameResult) -> None:
        """Hand over one frame and note what that cost the caller."""
        began_s = time.perf_counter()
        self.publisher.emit(result)
        self.emit_s.append(time.perf_counter() - began_s)

    @contextmanager
    def playing(self, result: FrameResult) -> Iterator[None]:
        """Hand the frame over again and again, 30 times a second."""
        is_over = threading.Event()

        def play() -> None:
            while not is_over.wait(1 / RATE_HZ):
                now = another(result)
                self.publisher.ahead(now.source_frame)
                time.sleep(MEASURED_S)
                self.emit(now)

        player = threading.Thread(target=play, daemon=True)
        player.start()
        try:
            yield
        finally:
            is_over.set()
            player.join()


@contextmanager
def staged(folder: Path, *, control: Path | None = None) -> Iterator[Stage]:
    """A server that has come up."""
    context = make_context()
    token = folder / "viewer.token"
    token.write_text(VIEWER_TOKEN, encoding="utf-8")
    token.chmod(0o600)
    settings = DisplaySettings(viewer_token_file=token)
    publisher = Publisher(context, lambda _result: AGE_MS)
    said: list[str] = []
    page = make_page(folder / "page")
    with serving(settings, context, publisher, said.append, control=control, page=page) as server:
        server.wait_until_up()
        assert publisher.is_attached
        yield Stage(server.place, server, publisher, said)


def small_result() -> FrameResult:
    """A frame that costs little to draw."""
    return make_result()


def another(result: FrameResult) -> FrameResult:
    """The same again, of another exposure."""
    source = result.source_frame
    frame = replace(source.frame, depth_raw=source.frame.depth_raw.copy())
    return replace(result, source_frame=replace(source, frame=frame))


class Client:
    """One page without a browser."""

    def __init__(self, stage: At, role: str = "console", token: str | None = None) -> None:
        self._stage = stage
        self._hello = {
            "kind": "hello",
            "role": role,
            "token": (token_of(stage, role) if token is None else token),
        }
        self._stack = ExitStack()
        self._next_id = 0
        self._ahead: tuple[int, bytes] = (0, b"")
        self.n_ahead = 0  # frames whose picture had come before them

    def __enter__(self) -> Self:
        self.socket = self._stack.enter_context(open_socket(self._stage))
        self.say(self._hello)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def say(self, message: dict[str, Any]) -> None:
        """Send one text message."""
        self.socket.send(json.dumps(message))

    def heard(self, timeout_s: float = PATIENCE_S) -> str | bytes:
        """The next message."""
        return self.socket.recv(timeout_s)

    def told(self, kind: str) -> dict[str, Any]:
        """The next text message of a kind; frames before it are drawn."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            message = self.heard()
            if isinstance(message, bytes):
                if (frame := self._taken(message)) is not None:
                    self._draw(frame[0])
                continue
            table: dict[str, Any] = json.loads(message)
            if table["kind"] == kind:
                return table
        raise AssertionError(f"no {kind} came")

    def frame(self, *, is_drawn: bool = True) -> tuple[dict[str, Any], bytes, float]:
        """The next frame, with its picture; what is told before it is left."""
        while True:
            message = self.heard()
            if isinstance(message, bytes) and (frame := self._taken(message)) is not None:
                break
        if is_drawn:
            self._draw(frame[0])
        return frame

    def waiting(self, seconds: float) -> list[str]:
        """Kinds of the binary messages that come within a time; nothing is drawn."""
        kinds, end_s = [], time.monotonic() + seconds
        with suppress(TimeoutError):
            while (left_s := end_s - time.monotonic()) > 0:
                message = self.heard(left_s)
                if isinstance(message, bytes):
                    kinds.append(str(unpack_for_page(message)[0]["kind"]))
                    self._taken(message)
        return kinds

    def ask(self, kind: str, **content: object) -> dict[str, Any]:
        """Ask and wait for the answer."""
        self._next_id += 1
        self.say({"kind": kind, "id": self._next_id, **content})
        answer = self.told("answer")
        assert answer["id"] == self._next_id
        return answer

    def _taken(self, message: bytes) -> tuple[dict[str, Any], bytes, float] | None:
        """A frame with its picture; None for a picture that goes ahead, which is kept."""
        told, picture, age_ms = unpack_for_page(message)
        header: dict[str, Any] = dict(told)
        if header["kind"] == PICTURE:
            self._ahead = (header["number"], picture)
            return None
        if not picture:
            number, picture = self._ahead
            assert number == header["picture"]["number"]
            self.n_ahead += 1
        return header, picture, age_ms

    def _draw(self, header: dict[str, Any]) -> None:
        self.say({"kind": "drawn", "sequence": header["sequence"]})


def token_of(stage: At, role: str) -> str:
    """What a client of this role has to know."""
    return stage.place.token if role == "console" else VIEWER_TOKEN


def open_socket(stage: At, *, origin: str | None = "", path: str = "/ws") -> ClientConnection:
    """A WebSocket that has said nothing yet; "" takes the right origin."""
    given = f"http://{stage.host}" if origin == "" else origin
    return connect(
        f"ws://{stage.host}{path}",
        origin=None if given is None else Origin(given),
        compression=None,
        max_size=None,
        proxy=None,
        open_timeout=PATIENCE_S,
        close_timeout=1.0,
    )


def closing(connection: ClientConnection) -> int:
    """The code with which the server closes, 0 where it cut off; what comes before is left."""
    try:
        while True:
            connection.recv(PATIENCE_S)
    except ConnectionClosed as closed:
        return 0 if closed.rcvd is None else closed.rcvd.code


def raw(stage: At, request: bytes, timeout_s: float = PATIENCE_S) -> bytes:
    """What the server answers to these bytes until it hangs up."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", stage.port), timeout_s) as connection:
        connection.sendall(request)
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
    return bytes(received)


def get(host: str, path: str = "/", *, method: str = "GET", more: str = "") -> bytes:
    """A request that asks to be hung up on."""
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n".encode()
