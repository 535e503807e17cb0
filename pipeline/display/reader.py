"""Reads the session's messages in a thread of its own, draws the newest, and notices silence."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable

from pipeline.display.drawing import Drawn, drawn
from pipeline.display.limits import SILENCE_S
from pipeline.display.wire import PREFIX, Message, WireError, read_prefix, unpack

TICK_S = 0.1
MAX_SKIPPED = 8  # messages in a row that are read and not drawn, because newer ones wait
LOST_S = 2.0  # for the rest of a message that has begun


class SessionReader(threading.Thread):
    """Ends when the session's socket ends, or carries what is no message.

    Parameters
    ----------
    show, lose, ended
        Called in this thread: a new frame; no frame for a second; the socket has ended.
    is_watched
        Whether anybody looks: else nothing is drawn.

    Attributes
    ----------
    n_refused : int
        Frames whose header or images were not what they must be.
    """

    def __init__(
        self,
        session: socket.socket,
        show: Callable[[Drawn], None],
        lose: Callable[[], None],
        ended: Callable[[], None],
        is_watched: Callable[[], bool],
    ) -> None:
        super().__init__(name="session-reader", daemon=True)
        self._session = session
        self._show, self._lose, self._ended = show, lose, ended
        self._is_watched = is_watched
        self.n_refused = 0

    def run(self) -> None:
        """Read until the end."""
        try:
            self._read_on()
        except (OSError, WireError):
            pass  # what is no message cannot be followed: the stream's places are lost
        finally:
            self._session.close()
            self._ended()

    def _read_on(self) -> None:
        seen_s = time.monotonic()
        is_silent = True  # before the first frame nothing is missed
        while True:
            if not self._waits(TICK_S):
                if not is_silent and time.monotonic() - seen_s > SILENCE_S:
                    is_silent = True
                    self._lose()
                continue
            message = self._newest()
            seen_s, is_silent = time.monotonic(), False
            if message is not None and self._is_watched():
                self._draw(message)

    def _newest(self) -> Message | None:
        message = self._message()
        for _ in range(MAX_SKIPPED):
            if not self._waits(0.0):
                break
            message = self._message()
        return message

    def _draw(self, message: Message) -> None:
        try:
            self._show(drawn(message))
        except WireError:
            self.n_refused += 1  # this frame is not shown; the page blanks by its age

    def _message(self) -> Message | None:
        deadline_s = time.monotonic() + LOST_S
        prefix = read_prefix(bytes(self._exactly(PREFIX.size, deadline_s)))
        header = bytes(self._exactly(prefix.header_bytes, deadline_s))
        images = self._exactly(prefix.images_bytes, deadline_s)
        try:
            return unpack(prefix, header, images.toreadonly())
        except WireError:
            self.n_refused += 1
            return None

    def _exactly(self, n_bytes: int, deadline_s: float) -> memoryview:
        """The next bytes. Raises ConnectionError at the end, TimeoutError where none come."""
        view = memoryview(bytearray(n_bytes))
        filled = 0
        while filled < n_bytes:
            if not self._waits(max(deadline_s - time.monotonic(), 0.0)):
                raise TimeoutError("half a message")
            received = self._session.recv_into(view[filled:])
            if received == 0:
                raise ConnectionAbortedError("the session has ended")
            filled += received
        return view

    def _waits(self, seconds: float) -> bool:
        return bool(select.select([self._session], [], [], seconds)[0])
