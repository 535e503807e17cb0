"""Hands pictures and results to the display server, and never waits for it.

`ahead` and `emit` put a reference into one slot each; a thread makes the headers and sends the
images. A picture goes ahead of its frame, so that server and pages make it ready while the frame is
measured. What was not sent when the next one comes is replaced; a frame whose picture did not go
ahead brings it along.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from pipeline.display.header import frame_header, frame_images, picture_header, picture_images
from pipeline.display.wire import pack
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.decision import Verdict
from tracking.frame import RgbdFrame, SourceFrame

SEND_S = 3.0  # for one message: a server that takes longer is started anew
JOIN_S = 2.0

View = Callable[[FrameResult], Mapping[str, Any] | None]
"""Returns `session` and `drawing` of a frame's header. Called in the publisher's thread: it may
read only what is never changed."""


class _Sent(NamedTuple):
    """The exposure whose picture the server has: a recorder codes colour anew, depth stays."""

    server: socket.socket
    frame: RgbdFrame
    number: int

    def is_of(self, frame: RgbdFrame, server: socket.socket) -> bool:
        """Whether the server has the picture of this exposure."""
        is_same = self.frame.depth_raw is frame.depth_raw and self.frame.stamp_ns == frame.stamp_ns
        return is_same and self.server is server


class _Held(NamedTuple):
    """One frame in the slot."""

    result: FrameResult
    sequence: int
    exposure_ns: int
    holds_lease: bool


class Publisher:
    """A sink. Without a server, or with one that is stuck, pictures and frames are dropped.

    Parameters
    ----------
    age_ms
        Exposure to now, of a frame that is handed over at this moment.
    view
        The workflow around the frame; None where there is none.
    holds_lease
        Asked at `emit`. Default: a recording, where nobody holds one, is shown as it was decided.

    Attributes
    ----------
    n_sent, n_failed : int
        Frames that reached the server's socket, and those that could not be told.
    """

    def __init__(
        self,
        context: RunContext,
        age_ms: Callable[[FrameResult], float],
        *,
        view: View | None = None,
        holds_lease: Callable[[], bool] | None = None,
    ) -> None:
        self._context, self._age_ms = context, age_ms
        self._view, self._holds_lease = view, holds_lease
        self._bell = threading.Lock()  # held by the thread: released to wake it
        self._bell.acquire()
        self._owner = threading.Lock()
        self._slot: _Held | None = None
        self._ahead: RgbdFrame | None = None
        self._sent: _Sent | None = None
        self._n_pictures = 0  # the thread's own, as `_sent`
        self._server: socket.socket | None = None
        self._is_closed = False
        self._sequence = 0
        self.n_sent = self.n_failed = 0
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def ahead(self, source_frame: SourceFrame) -> None:
        """Put the picture of the frame that is measured next into its slot."""
        self._ahead = source_frame.frame
        self._ring()

    def emit(self, result: FrameResult) -> None:
        """Put one result into its slot."""
        exposure_ns = time.monotonic_ns() - round(self._age_ms(result) * 1e6)
        is_ready = result.record.decision.verdict is Verdict.READY
        is_held = is_ready and (self._holds_lease is None or self._holds_lease())
        self._sequence += 1
        self._slot = _Held(result, self._sequence, exposure_ns, is_held)
        self._ring()

    def attach(self, server: socket.socket) -> None:
        """Send to this socket from now on; the publisher owns it."""
        server.setblocking(False)
        with self._owner:
            self._drop_server()
            self._server = server

    @property
    def is_attached(self) -> bool:
        """Whether there is a server that takes what is sent."""
        return self._server is not None

    @property
    def is_closed(self) -> bool:
        """Whether the session has ended."""
        return self._is_closed

    def close(self) -> None:
        """Stop; safe to call twice."""
        self._is_closed = True
        self._ring()
        self._thread.join(JOIN_S)
        with self._owner:
            self._drop_server()

    def _drop_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _ring(self) -> None:
        with suppress(RuntimeError):  # it is awake already
            self._bell.release()

    def _run(self) -> None:
        done = 0
        while True:
            self._bell.acquire()
            if self._is_closed:
                return
            held, server = self._slot, self._server
            if held is not None and held.sequence != done and server is not None:
                done = held.sequence
                self._send_frame(held, server)
            ahead, self._ahead, server = self._ahead, None, self._server
            if ahead is not None and server is not None:
                self._send_picture(ahead, server)

    def _send_frame(self, held: _Held, server: socket.socket) -> None:
        frame = held.result.source_frame.frame
        ahead = self._sent_of(frame, server)
        sent = ahead or self._next(frame, server)
        try:
            header = frame_header(
                held.result,
                self._context,
                sequence=held.sequence,
                picture=sent.number,
                holds_lease=held.holds_lease,
                view=None if self._view is None else self._view(held.result),
            )
            images = frame_images(held.result, with_picture=ahead is None)
            buffers = pack(header, images, held.exposure_ns)
        except Exception:  # noqa: BLE001 - a frame that cannot be told is not shown: the page blanks
            self.n_failed += 1
            return
        if self._send(buffers, server):
            self._sent = sent
            self.n_sent += 1

    def _send_picture(self, frame: RgbdFrame, server: socket.socket) -> None:
        if self._sent_of(frame, server) is not None:
            return  # it was late: its frame has brought it
        sent = self._next(frame, server)
        try:
            buffers = pack(picture_header(frame, sent.number), picture_images(frame), 0)
        except Exception:  # noqa: BLE001 - its frame will say so
            return
        if self._send(buffers, server):
            self._sent = sent

    def _sent_of(self, frame: RgbdFrame, server: socket.socket) -> _Sent | None:
        sent = self._sent
        return sent if sent is not None and sent.is_of(frame, server) else None

    def _next(self, frame: RgbdFrame, server: socket.socket) -> _Sent:
        self._n_pictures += 1
        return _Sent(server, frame, self._n_pictures)

    def _send(self, buffers: list[memoryview], server: socket.socket) -> bool:
        try:
            send_all(server, buffers, time.monotonic() + SEND_S)
        except OSError:
            with self._owner:
                if self._server is server:
                    self._drop_server()
            return False
        return True


def send_all(server: socket.socket, buffers: list[memoryview], deadline_s: float) -> None:
    """Send every buffer through a socket that does not block.

    Raises
    ------
    OSError
        The other end is gone (`ConnectionError`) or took too long (`TimeoutError`).
    """
    waiting = list(buffers)
    while waiting:
        try:
            sent = server.sendmsg(waiting)
        except BlockingIOError:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or not select.select([], [server], [], left_s)[1]:
                raise TimeoutError("the display server does not read") from None
            continue
        while waiting and sent >= len(waiting[0]):
            sent -= len(waiting.pop(0))
        if sent:
            waiting[0] = waiting[0][sent:]
