"""The tracking loop's side of the supervisor: renew, listen, end. Only `close` waits."""

from __future__ import annotations

import time
from collections.abc import Iterable
from subprocess import TimeoutExpired
from types import TracebackType
from typing import Self

from pipeline.supervisor.channel import Channel, SendResult
from pipeline.supervisor.events import Detail, EventKind, SupervisorEvent
from pipeline.supervisor.identities import LeaseIds
from pipeline.supervisor.message import Kind
from tracking.decision import GateDecision, Verdict

END_TIMEOUT_S = 1.0


def lease_clock_ns() -> int:
    """The clock that leases are issued on: monotonic, and the same in every process."""
    return time.monotonic_ns()


class SupervisorClient:
    """One session's supervisor, as its tracking loop sees it.

    Attributes
    ----------
    has_beam_line : bool
        Whether the machine's line tells of the beam: a person's key then counts for nothing. A
        supervisor goes live only with that line off, which is the first of its `events`.
    n_not_sent : int
        Decisions that did not reach the supervisor: what was READY among them was not renewed.
    fault : str
        What broke at the output or the beam-on input; empty while nothing did. The output stays
        open from then on, whatever is decided.
    """

    def __init__(self, channel: Channel, ids: LeaseIds, *, has_beam_line: bool = False) -> None:
        self._channel, self._ids = channel, ids
        self._frame_index = 0
        self._holds_lease = False
        self.has_beam_line = has_beam_line
        self._first = [_line_off()] if has_beam_line else []
        self.n_not_sent = 0
        self.fault = ""

    def renew(
        self, decision: GateDecision, frame_index: int, *, ids: LeaseIds, issued_ns: int
    ) -> SendResult:
        """Renew the lease if the decision is READY; drop it if not.

        Parameters
        ----------
        ids
            What this frame was decided with, taken from what is in force now, not from the start:
            the supervisor holds it against the start.
        issued_ns
            `lease_clock_ns()` taken before the frame's age was read. A process that is stopped
            between the two, or at any time after, gets no lease for what it decided before.
        """
        self._frame_index = frame_index
        is_ready = decision.verdict is Verdict.READY and not decision.reasons
        kind = Kind.RENEW if is_ready else Kind.NOT_READY
        return self._counted(self._channel.send(kind, ids, frame_index, issued_ns))

    def drop(self) -> SendResult:
        """Not ready, and no frame to decide on: the camera stopped, a file changed."""
        return self._send(Kind.DROP)

    def beam(self, *, is_on: bool) -> SendResult:
        """A person says that the beam is on, or off again."""
        return self._send(Kind.BEAM_ON if is_on else Kind.BEAM_OFF)

    def events(self) -> list[SupervisorEvent]:
        """What the supervisor reports since the last call, signs of life aside. Once a frame."""
        first, self._first = self._first, []
        polled = self._channel.poll()
        events = [*first, *(e for e in polled if e.kind is not EventKind.STATUS)]
        faults = [str(e.detail["what"]) for e in events if e.kind is EventKind.FAULT]
        self.fault = self.fault or next(iter(faults), "")
        self._holds_lease = lease_after(events, is_held=self._holds_lease)
        return events

    @property
    def holds_lease(self) -> bool:
        """Whether the supervisor held the lease as of the last `events`: sent is not accepted."""
        return self._holds_lease

    @property
    def process_id(self) -> int:
        """Of the supervisor."""
        return self._channel.process.pid

    @property
    def is_lost(self) -> bool:
        """Whether there is no supervisor any more: ended, killed, or silent for 300 ms."""
        return self._channel.is_lost

    def close(self) -> None:
        """End the session: the output opens, the process ends. Waits a second at most."""
        self._send(Kind.END)
        process = self._channel.process
        try:
            process.wait(END_TIMEOUT_S)
        except TimeoutExpired:
            process.kill()  # its output opens because nobody drives it any more
            process.wait()
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _send(self, kind: Kind) -> SendResult:
        return self._counted(
            self._channel.send(kind, self._ids, self._frame_index, lease_clock_ns())
        )

    def _counted(self, result: SendResult) -> SendResult:
        self.n_not_sent += result is not SendResult.SENT
        return result


def lease_after(events: Iterable[SupervisorEvent], *, is_held: bool) -> bool:
    """Whether the lease is held after these events. Where some were lost: not, until told anew."""
    for event in events:
        if event.kind is EventKind.LEASE:
            is_held = event.detail.get("held") is True
        elif event.kind is EventKind.LOST:
            is_held = False
    return is_held


def _line_off() -> SupervisorEvent:
    """The machine's line as it read when the supervisor went live, before any frame."""
    detail: dict[str, Detail] = {"on": False, "source": "line", "counts": True}
    return SupervisorEvent(EventKind.BEAM, lease_clock_ns(), 0, -1, detail)
