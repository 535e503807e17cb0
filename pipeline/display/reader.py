"""Reads the session's messages in a thread of its own, draws the newest, and notices silence.

A picture that goes ahead of its frame is made ready when it comes. It is no sign of life: only a
frame, which says what was decided, ends a silence.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable

from pipeline.display.drawing import Drawn, Picture, drawn, picture_number
from pipeline.display.limits import SILENCE_S
from pipeline.display.pictures import Pictures
from pipeline.display.wire import PREFIX, Message, WireError, read_prefix, unpack

TICK_S = 0.1
MAX_SKIPPED = 8  # messages in a row that are read and not drawn, because newer ones wait
LOST_S = 2.0  # for the rest of a message that has begun


class SessionReader(threading.Thread):
    """Ends when the session's socket ends, or carries what is no message.

    Parameters
    ----------
    show, show_picture, lose, ended
        Called in this thread: a new frame; the picture of one that follows; no frame for a second;
        the socket has ended.
    is_watched
        Whether anybody looks: else nothing is drawn.

    Attributes
    ----------
    n_refused : int
        Messages whose header or images were not what they must be.
    """

    def __init__(
        self,
        session: socket.socket,
        show: Callable[[Drawn], None],
        show_picture: Callable[[Picture], None],
        lose: Callable[[], None],
        ended: Callable[[], None],
        is_watched: Callable[[], bool],
    ) -> None:
        super().__init__(name="session-reader", daemon=True)
        self._session = session
        self._show, self._show_picture = show, show_picture
        self._lose, self._ended = lose, ended
        self._is_watched = is_watched
        self._pictures = Pictures()
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
            newest = self._newest() if self._waits(TICK_S) else None
            if newest is None or newest.is_picture:
                if not is_silent and time.monotonic() - seen_s > SILENCE_S:
                    is_silent = True
                    self._lose()
            else:
                seen_s, is_silent = time.monotonic(), False
            if newest is not None and self._is_watched():
                self._draw(newest)

    def _newest(self) -> Message | None:
        """The newest of the messages that wait, a frame before a picture."""
        frame = picture = None
        for _ in range(MAX_SKIPPED + 1):
            message = self._message()
            if message is not None and message.is_picture:
                picture = message
            elif message is not None:
                frame = message
            if not self._waits(0.0):
                break
        return frame or picture

    def _draw(self, message: Message) -> None:
        try:
            number = picture_number(message)
            if message.is_picture:
                self._show_picture(self._pictures.ready(number))
            else:
                self._show(drawn(message, self._pictures.ready(number)))
        except WireError:
            self.n_refused += 1  # this frame is not shown; the page blanks by its age

    def _message(self) -> Message | None:
        deadline_s = time.monotonic() + LOST_S
        prefix = read_prefix(bytes(self._exactly(PREFIX.size, deadline_s)))
        header = bytes(self._exactly(prefix.header_bytes, deadline_s))
        images = self._exactly(prefix.images_bytes, deadline_s)
        try:
            message = unpack(prefix, header, images.toreadonly())
            if not message.images.keys() <= {"labels"}:
                self._pictures.keep(message)
        except WireError:
            self.n_refused += 1
            return None
        return message

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
