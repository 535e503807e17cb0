"""The session's end of the channel to its supervisor. Nothing here waits, but for `wait_for`."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from enum import StrEnum
from subprocess import Popen

from pipeline.supervisor.events import MAX_EVENT_BYTES, SupervisorEvent, decoded
from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.message import Kind, Message, seal

SILENT_NS = 300_000_000  # six status events: a supervisor that lives tells one every 50 ms
SEND_BUFFER_BYTES = 16_384  # some twenty messages: a supervisor that is stopped is noticed soon


class SendResult(StrEnum):
    """What became of a message."""

    SENT = "sent"
    FULL = "full"  # the supervisor does not read: what was to be sent is not renewed
    LOST = "lost"  # the supervisor is gone


class Channel:
    """Seals and numbers messages, and collects events.

    Attributes
    ----------
    sequence : int
        Of the last message, whether it could be sent or not.
    """

    def __init__(self, end: socket.socket, key: bytes, process: Popen[bytes]) -> None:
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._end, self._key, self.process = end, key, process
        self.sequence = 0
        self._is_gone = False
        self._heard_ns = time.monotonic_ns()
        self._waiting: list[SupervisorEvent] = []

    def send(self, kind: Kind, ids: LeaseIds, frame_index: int, issued_ns: int) -> SendResult:
        """Seal and send one message."""
        self.sequence += 1
        return self.send_raw(
            seal(Message(kind, ids, self.sequence, frame_index, issued_ns), self._key)
        )

    def send_raw(self, datagram: bytes) -> SendResult:
        """Send a datagram as it is (the proof test sends bad ones)."""
        try:
            self._end.send(datagram)
        except BlockingIOError:
            return SendResult.FULL
        except OSError:
            self._is_gone = True
            return SendResult.LOST
        return SendResult.SENT

    def poll(self) -> list[SupervisorEvent]:
        """Return the events that came since the last call."""
        events, self._waiting = self._waiting, []
        while True:
            try:
                datagram = self._end.recv(MAX_EVENT_BYTES)
            except BlockingIOError:
                break
            except OSError:
                datagram = b""
            if not datagram:
                self._is_gone = True
                break
            events.append(decoded(datagram))
            self._heard_ns = time.monotonic_ns()
        return events

    def wait_for(self, is_it: Callable[[SupervisorEvent], bool], timeout_s: float) -> bool:
        """Wait for an event at the start of a session; whether it came. It stays to be polled."""
        deadline_ns = time.monotonic_ns() + int(timeout_s * 1e9)
        seen = 0
        while True:
            self._waiting = self.poll()
            if any(is_it(event) for event in self._waiting[seen:]):
                return True
            seen = len(self._waiting)
            left_s = (deadline_ns - time.monotonic_ns()) / 1e9
            if left_s <= 0 or self._is_gone:
                return False
            select.select([self._end], [], [], left_s)

    @property
    def is_lost(self) -> bool:
        """Whether the supervisor is gone, or has said nothing for 300 ms although it was polled."""
        if self._is_gone or self.process.poll() is not None:
            return True
        return time.monotonic_ns() - self._heard_ns > SILENT_NS

    def close(self) -> None:
        """Let go of the channel."""
        self._end.close()
