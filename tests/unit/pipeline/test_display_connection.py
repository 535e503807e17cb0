"""One client's connection: what goes ahead of what, and who is gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import numpy as np
import pytest
from fastapi import WebSocket, WebSocketDisconnect

from pipeline.display.access import Tokens
from pipeline.display.asking import SessionAsker
from pipeline.display.connection import Shared, _Client, _closed_is_gone
from pipeline.display.drawing import Drawn, Picture
from pipeline.display.hub import Hub
from pipeline.display.wire import unpack_for_page

PATIENCE_S = 5.0


class MadeSocket:
    """A page's end: what it was sent, as (kind, number, whether it brought a JPEG)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bool]] = []
        self.said = asyncio.Queue[dict[str, object]]()
        self.writable = asyncio.Event()
        self.writable.set()

    async def send_text(self, _text: str) -> None:
        return

    async def send_bytes(self, data: bytes) -> None:
        header, jpeg, _ = unpack_for_page(data)
        self.sent.append((str(header["kind"]), int(str(header["number"])), bool(jpeg)))
        await self.writable.wait()

    async def receive(self) -> dict[str, object]:
        return await self.said.get()

    def draw(self, sequence: int) -> None:
        text = json.dumps({"kind": "drawn", "sequence": sequence})
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    async def until(self, n_sent: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.sent) < n_sent:
                await asyncio.sleep(0.001)


def picture(number: int) -> Picture:
    return Picture(number, (2, 2), b"jpeg")


def drawn(number: int) -> Drawn:
    table: dict[str, Any] = {"kind": "frame", "number": number}
    return Drawn(number, 0, picture(number), table, np.zeros((2, 2), np.uint8))


@asynccontextmanager
async def watching() -> AsyncIterator[tuple[Hub, MadeSocket]]:
    """What a client is shown, and its page's end."""
    hub, socket = Hub(), MadeSocket()
    shared = Shared(hub, Tokens("token"), SessionAsker(None), {})
    client = asyncio.create_task(_Client(cast(WebSocket, socket), shared, "viewer", 1).run())
    yield hub, socket
    client.cancel()
    await asyncio.wait([client])


async def told_of(n_skipped: int) -> list[tuple[str, int, bool]]:
    """What a page is sent that is drawing frame 1 while later ones come."""
    async with watching() as (hub, socket):
        hub.show(drawn(1))
        await socket.until(1)
        for number in range(2, 3 + n_skipped):
            hub.show_picture(picture(number))
            await socket.until(2)
            hub.show(drawn(number))
        last = 3 + n_skipped
        hub.show_picture(picture(last))
        await asyncio.sleep(0.05)
        socket.draw(1)
        await socket.until(4)
        hub.show(drawn(last))
        socket.draw(last - 1)
        await socket.until(5)
    return socket.sent


def test_a_picture_goes_ahead_as_soon_as_the_frame_before_it_is_sent() -> None:
    """Also where it came while that frame waited for the page."""
    assert asyncio.run(told_of(0)) == [
        ("frame", 1, True),
        ("picture", 2, True),
        ("frame", 2, False),
        ("picture", 3, True),
        ("frame", 3, False),
    ]


def test_a_frame_that_was_skipped_lets_the_next_bring_its_picture() -> None:
    assert asyncio.run(told_of(1)) == [
        ("frame", 1, True),
        ("picture", 2, True),
        ("frame", 3, True),
        ("picture", 4, True),
        ("frame", 4, False),
    ]


async def told_of_a_congested_link() -> list[tuple[str, int, bool]]:
    """What a page is sent while its first frame is still on the way."""
    async with watching() as (hub, socket):
        socket.writable.clear()
        hub.show(drawn(1))
        await socket.until(1)
        hub.show_picture(picture(2))
        await socket.until(2)
        socket.writable.set()
        hub.show_picture(picture(3))
        await asyncio.sleep(0.05)
    return socket.sent


def test_no_second_picture_goes_ahead_of_a_frame() -> None:
    sent = asyncio.run(told_of_a_congested_link())
    assert sent == [("frame", 1, True), ("picture", 2, True)]


async def told_of_a_picture_too_new() -> list[tuple[str, int, bool]]:
    """What a page is sent after it forgot a picture, for a frame that brought its own."""
    async with watching() as (hub, socket):
        hub.show(drawn(1))
        await socket.until(1)
        hub.show_picture(picture(3))
        await socket.until(2)
        hub.show(drawn(2))
        socket.draw(1)
        await socket.until(4)
        hub.show(drawn(3))
        socket.draw(2)
        await socket.until(5)
    return socket.sent


def test_a_picture_that_the_page_forgot_goes_ahead_again() -> None:
    assert asyncio.run(told_of_a_picture_too_new())[2:] == [
        ("frame", 2, True),
        ("picture", 3, True),
        ("frame", 3, False),
    ]


def test_a_send_after_the_close_is_a_peer_that_is_gone() -> None:
    with pytest.raises(WebSocketDisconnect), _closed_is_gone():
        raise RuntimeError("Unexpected ASGI message 'websocket.send', after 'websocket.close'.")


def test_any_other_defect_is_told() -> None:
    with pytest.raises(KeyError), _closed_is_gone():
        raise KeyError("drawing")
