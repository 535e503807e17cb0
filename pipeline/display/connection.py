"""One client on `/ws`: says who it is, is sent frames one at a time, and may ask.

While it draws a frame it is sent the picture of the next one: at most one, until a frame has used
it or brought its own.

A client that is slow, silent, loud or malformed loses its connection; nobody else notices.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import IntEnum

from fastapi import WebSocket, WebSocketDisconnect

from pipeline.display import commands
from pipeline.display.access import Tokens
from pipeline.display.ages import Ages
from pipeline.display.asking import SessionAsker
from pipeline.display.commands import Asked, Drawn, FormError, Hello, Refused, answer, told
from pipeline.display.hub import Hub
from pipeline.display.limits import (
    DRAWN_S,
    HELLO_S,
    MAX_IN_FLIGHT,
    MESSAGE_BURST,
    MESSAGES_PER_S,
    TokenBucket,
)
from pipeline.display.wire import pack_for_page, pack_picture_for_page


class Code(IntEnum):
    """Why a connection was closed (`PROTOCOL.md`)."""

    MALFORMED = 4400
    NOT_ADMITTED = 4401
    NO_COMMAND_PATH = 4403
    TOO_LATE = 4408
    TOO_FAST = 4429
    FULL = 4503


class Dropped(Exception):  # noqa: N818 - the end of a connection, no error
    """The connection is to be closed."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, eq=False)
class Shared:
    """What every connection knows."""

    hub: Hub
    tokens: Tokens
    asker: SessionAsker
    hello: dict[str, object]
    ages: dict[int, tuple[str, Ages]] = field(default_factory=dict)


async def serve(socket: WebSocket, shared: Shared) -> None:
    """Serve one client until it, or its patience or ours, ends."""
    abort: Callable[[], None] = socket.scope["state"]["abort"]
    await socket.accept()
    try:
        role, ticket = await _admitted(socket, shared)
        try:
            await _Client(socket, shared, role, ticket).run()
        finally:
            shared.hub.leave(ticket)
            shared.ages.pop(ticket, None)
    except Dropped as end:
        if end.code is Code.TOO_LATE:
            abort()  # it does not read: a farewell would wait with everything else
        else:
            with suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(end.code, end.code.name)
    except WebSocketDisconnect:
        pass


async def _admitted(socket: WebSocket, shared: Shared) -> tuple[str, int]:
    """Role and ticket of a client that may come in."""
    hello = await _hello(socket)
    address = "" if socket.client is None else socket.client.host
    if not shared.tokens.admits(hello.role, hello.token, address):
        raise Dropped(Code.NOT_ADMITTED)
    ticket = shared.hub.admit(hello.role, address)
    if ticket is None:
        raise Dropped(Code.FULL)
    return hello.role, ticket


async def _hello(socket: WebSocket) -> Hello:
    try:
        async with asyncio.timeout(HELLO_S):
            return commands.read_hello(await _text(socket))
    except TimeoutError:
        raise Dropped(Code.TOO_LATE) from None
    except FormError:
        raise Dropped(Code.MALFORMED) from None


async def _text(socket: WebSocket) -> str:
    """The next text message. Raises FormError where it is a binary one."""
    message = await socket.receive()
    if message["type"] != "websocket.receive":
        raise WebSocketDisconnect(message.get("code", 1006))
    text = message.get("text")
    if not isinstance(text, str):
        raise FormError("no text")
    return text


class _Client:
    """An admitted client."""

    def __init__(self, socket: WebSocket, shared: Shared, role: str, ticket: int) -> None:
        self._socket, self._shared, self._role = socket, shared, role
        self._acknowledged = asyncio.Event()
        self._awaited: int | None = None
        self._awaited_exposure_ns = 0
        self._picture_ahead: int | None = None  # sent, and no frame since
        self._may_go_ahead = asyncio.Event()  # no picture did since the last frame
        self._may_go_ahead.set()
        self._last_picture = 0
        self._wants_mask = False
        self._asking: set[asyncio.Task[None]] = set()
        self._ages = Ages()
        shared.ages[ticket] = (role, self._ages)

    async def run(self) -> None:
        """Send and listen until one of the two ends."""
        await self._tell(told("hello", role=self._role, **self._shared.hello))
        parts = (self._send(), self._send_pictures(), self._listen())
        running = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*running, *self._asking):
                task.cancel()
            ended = await asyncio.gather(*running, *self._asking, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, BaseException) and not isinstance(
                outcome, asyncio.CancelledError
            ):
                raise outcome

    async def _send(self) -> None:
        sequence, told_lost = -1, False
        while True:
            drawn = await self._shared.hub.after(sequence, told_lost)
            told_lost = drawn is None
            if drawn is None:
                self._picture_ahead = None  # the page forgets it
                self._may_go_ahead.set()
                await self._tell(told("session_lost"))
                continue
            sequence = drawn.sequence
            self._acknowledged.clear()
            self._awaited, self._awaited_exposure_ns = sequence, drawn.exposure_ns
            header = drawn.header_with_mask if self._wants_mask else drawn.header
            picture = drawn.picture
            jpeg = b"" if picture.number == self._picture_ahead else picture.jpeg
            self._picture_ahead, self._last_picture = None, picture.number
            try:
                async with asyncio.timeout(DRAWN_S):
                    age_ms = (time.monotonic_ns() - drawn.exposure_ns) / 1e6
                    await self._send_bytes(pack_for_page(header, jpeg, age_ms))
                    if self._picture_ahead is None:  # else one went while this frame was sent
                        self._may_go_ahead.set()
                    await self._acknowledged.wait()
            except TimeoutError:
                raise Dropped(Code.TOO_LATE) from None

    async def _send_pictures(self) -> None:
        while True:
            await self._may_go_ahead.wait()
            picture = await self._shared.hub.picture_after(self._last_picture)
            if picture.number > self._last_picture:  # its frame may have gone meanwhile
                self._picture_ahead = picture.number
                self._may_go_ahead.clear()
                await self._send_bytes(pack_picture_for_page(picture.number, picture.jpeg))

    async def _listen(self) -> None:
        bucket = TokenBucket(MESSAGES_PER_S, MESSAGE_BURST, time.monotonic())
        while True:
            try:
                said = commands.read_said(await _text(self._socket))
            except FormError:
                raise Dropped(Code.MALFORMED) from None
            if not bucket.takes(time.monotonic()):
                raise Dropped(Code.TOO_FAST)
            if isinstance(said, Drawn):
                self._drawn(said.sequence)
            else:
                await self._asked(said)

    def _drawn(self, sequence: int) -> None:
        if sequence != self._awaited:
            return  # an old frame's word
        self._awaited = None
        self._ages.add((time.monotonic_ns() - self._awaited_exposure_ns) / 1e6)
        self._acknowledged.set()

    async def _asked(self, asked: Asked) -> None:
        if asked.is_command and self._role != "console":
            raise Dropped(Code.NO_COMMAND_PATH)
        if asked.kind == "evidence":
            self._wants_mask = asked.content.get("wanted") is True
            await self._tell(answer(asked.id, accepted=True))
        elif asked.kind == "stats":
            await self._tell(answer(asked.id, accepted=True, more=self._figures()))
        elif len(self._asking) >= MAX_IN_FLIGHT:
            await self._tell(answer(asked.id, accepted=False, why=Refused.TOO_MANY))
        else:
            task = asyncio.create_task(self._command(asked))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _command(self, asked: Asked) -> None:
        text = await self._shared.asker.ask(asked)
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._tell(text)

    def _figures(self) -> dict[str, object]:
        """Ages of this client's frames; a console is told those of all."""
        own: dict[str, object] = {"stats": self._ages.figures()}
        if self._role != "console":
            return own
        every = [{"role": role, **ages.figures()} for role, ages in self._shared.ages.values()]
        return {**own, "clients": every}

    async def _send_bytes(self, data: bytes) -> None:
        with _closed_is_gone():
            await self._socket.send_bytes(data)

    async def _tell(self, text: str) -> None:
        with _closed_is_gone():
            await self._socket.send_text(text)


@contextmanager
def _closed_is_gone() -> Iterator[None]:
    """Who sends while the server's library hangs up, say on a malformed message, has no peer."""
    try:
        yield
    except RuntimeError as error:  # of the state of the connection: nothing else is asked
        raise WebSocketDisconnect(1006) from error
