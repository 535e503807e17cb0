"""What all clients are shown now: one frame, or that the session is gone. One event loop's.

The picture of the next frame comes ahead of it.
"""

from __future__ import annotations

import asyncio

from pipeline.display.drawing import Drawn, Picture
from pipeline.display.limits import MAX_CONSOLES, MAX_VIEWERS, MAX_VIEWERS_PER_ADDRESS


class Hub:
    """The newest frame, and who is there to see it.

    Attributes
    ----------
    n_evidence : int
        Clients that asked for evidence.
    """

    def __init__(self) -> None:
        self._drawn: Drawn | None = None
        self._picture: Picture | None = None
        self._is_lost = False
        self._news = asyncio.Event()
        self._clients: dict[int, tuple[str, str]] = {}
        self._next_ticket = 0

    def show(self, drawn: Drawn) -> None:
        """A new frame."""
        self._drawn, self._is_lost = drawn, False
        self._tell()

    def show_picture(self, picture: Picture) -> None:
        """The picture of a frame that follows."""
        self._picture = picture
        self._tell()

    def lose(self) -> None:
        """The session is gone, or silent; the next frame ends that."""
        self._drawn, self._picture, self._is_lost = None, None, True
        self._tell()

    @property
    def is_lost(self) -> bool:
        """Whether the session is gone or silent."""
        return self._is_lost

    @property
    def n_clients(self) -> int:
        """Clients that have said who they are."""
        return len(self._clients)

    async def after(self, sequence: int, told_lost: bool) -> Drawn | None:
        """The newest frame that is not `sequence`; None once the session is lost, told once."""
        while True:
            if self._is_lost and not told_lost:
                return None
            if self._drawn is not None and self._drawn.sequence != sequence:
                return self._drawn
            await self._news.wait()

    async def picture_after(self, number: int) -> Picture:
        """The newest picture that came ahead, once it is later than `number`."""
        while self._picture is None or self._picture.number <= number:
            await self._news.wait()
        return self._picture

    def admit(self, role: str, address: str) -> int | None:
        """A ticket for one more client; None where there are enough."""
        roles = [held for held, _ in self._clients.values()]
        if role == "console":
            is_full = roles.count(role) >= MAX_CONSOLES
        else:
            here = sum(held == (role, address) for held in self._clients.values())
            is_full = roles.count(role) >= MAX_VIEWERS or here >= MAX_VIEWERS_PER_ADDRESS
        if is_full:
            return None
        self._next_ticket += 1
        self._clients[self._next_ticket] = (role, address)
        return self._next_ticket

    def leave(self, ticket: int) -> None:
        """The client is gone."""
        self._clients.pop(ticket, None)

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
