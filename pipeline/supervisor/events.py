"""What the supervisor tells the session, for the audit log: one JSON line a datagram.

Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from socket import socket

MAX_EVENT_BYTES = 1024
MAX_PENDING = 256  # a session that does not read for seconds loses the rest, and is told how many

Detail = bool | int | str


class EventKind(StrEnum):
    """Closed set."""

    HELLO = "hello"  # outputs are open and the proof test may begin: where the output is
    FAILED = "failed"  # it cannot start: what
    LIVE = "live"  # the proof test is passed
    LEASE = "lease"  # gained or lost: held, why
    OUTPUT = "output"  # driven closed or open: closed
    REFUSED = "refused"  # datagrams since the last such event, by refusal
    BEAM = "beam"  # on, source
    ALARM = "alarm"  # what; "" once it is over
    FAULT = "fault"  # output or input broke: what
    STATUS = "status"  # all is well
    LOST = "lost"  # events that did not fit: n
    ENDED = "ended"  # why


@dataclass(frozen=True)
class SupervisorEvent:
    """One event.

    Attributes
    ----------
    at_ns : int
        On the system-wide monotonic clock.
    sequence, frame_index : int
        Of the last accepted message and frame; 0 and -1 before the first.
    """

    kind: EventKind
    at_ns: int
    sequence: int
    frame_index: int
    detail: Mapping[str, Detail] = field(default_factory=dict)


def encoded(event: SupervisorEvent) -> bytes:
    """Return the event as one line; a text too long for it is cut, never the event lost."""
    cut = {k: v[:200] if isinstance(v, str) else v for k, v in event.detail.items()}
    fields = [event.kind, event.at_ns, event.sequence, event.frame_index, cut]
    return json.dumps(fields, separators=(",", ":")).encode()


def decoded(datagram: bytes) -> SupervisorEvent:
    """Return the event; raises ValueError where the datagram is none."""
    kind, at_ns, sequence, frame_index, detail = json.loads(datagram)
    return SupervisorEvent(EventKind(kind), at_ns, sequence, frame_index, detail)


@dataclass
class Reporter:
    """Sends events without ever waiting; what does not fit waits, bounded, and is counted."""

    channel: socket
    _pending: deque[SupervisorEvent] = field(default_factory=deque)
    _n_lost: int = 0

    def tell(self, event: SupervisorEvent) -> None:
        """Queue an event and send what can be sent."""
        if len(self._pending) < MAX_PENDING:
            self._pending.append(event)
        elif event.kind is not EventKind.STATUS:
            self._n_lost += 1
        self.flush()

    def flush(self) -> None:
        """Send what can be sent. A session that is gone is found by reading, not here."""
        try:
            while self._pending:
                self.channel.send(encoded(self._pending[0]))
                last = self._pending.popleft()
                if not self._pending and self._n_lost:
                    self._pending.append(_lost(last, self._n_lost))
                    self._n_lost = 0
        except OSError:
            return


def _lost(last: SupervisorEvent, n: int) -> SupervisorEvent:
    return SupervisorEvent(EventKind.LOST, last.at_ns, last.sequence, last.frame_index, {"n": n})
