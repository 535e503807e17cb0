"""The start-up proof test: what is known to be bad must be answered with not ready.

It goes the whole way, through the channel that the session uses, to the process that drives the
output. The output stays open throughout, by the supervisor's own doing: until it has itself seen
every stimulus it does not go live. Fails to: no session.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.supervisor.channel import Channel
from pipeline.supervisor.errors import ProofTestError
from pipeline.supervisor.events import EventKind, SupervisorEvent
from pipeline.supervisor.identities import NAMES, LeaseIds
from pipeline.supervisor.lease_holder import LEASE_NS
from pipeline.supervisor.message import DATAGRAM_BYTES, Kind, Message, seal
from pipeline.supervisor.proof_list import Loss
from pipeline.supervisor.refusal import Refusal
from tracking.decision import GateDecision, Verdict

ANSWER_TIMEOUT_S = 2.0
MAX_LATE_NS = 50_000_000  # a supervisor that lets a lease run on for longer is not fit to start
N_TRIES = 10  # one of which must be in time: a machine may be busy while a session starts
FUTURE_NS = 60_000_000_000

KernelStimuli = Mapping[str, Callable[[], GateDecision]]
"""By name: each feeds the gate a snapshot that is known to be bad and returns its decision."""


@dataclass(frozen=True)
class _Stimulus:
    refusal: Refusal
    datagram: bytes


class ProofTest:
    """Shows a supervisor, and the gate, what must not be READY."""

    def __init__(self, channel: Channel, key: bytes, ids: LeaseIds) -> None:
        self._channel, self._key, self._ids = channel, key, ids
        self._frame_index = 0
        self._events: list[SupervisorEvent] = []

    def run(self, kernel_stimuli: KernelStimuli) -> None:
        """Show everything, and let the supervisor go live.

        Raises
        ------
        ProofTestError
            A stimulus was not refused, a lease was held that must not be, or the supervisor does
            not go live.
        """
        for stimulus in self._stimuli():
            self._show(stimulus)
        self._show_silence()
        for name, decide in kernel_stimuli.items():
            if decide().verdict is Verdict.READY:
                raise _failure(f"the gate, shown {name}", "not READY", "READY")
        self._go_live()

    def _stimuli(self) -> Iterator[_Stimulus]:
        """Bad messages, each wrong in one thing alone."""
        yield _Stimulus(Refusal.SIZE, b"\xff" * (DATAGRAM_BYTES + 1))
        other_key = bytes(byte ^ 0xFF for byte in self._key)
        yield _Stimulus(Refusal.MAC, seal(self._next(), other_key))
        for name in NAMES:
            digest = bytes(byte ^ 0xFF for byte in getattr(self._ids, name))
            message = replace(self._next(), ids=replace(self._ids, **{name: digest}))
            yield _Stimulus(Refusal[name.upper()], seal(message, self._key))
        stale = replace(self._next(), issued_ns=time.monotonic_ns() - LEASE_NS)
        yield _Stimulus(Refusal.STALE, seal(stale, self._key))
        future = replace(self._next(), issued_ns=time.monotonic_ns() + FUTURE_NS)
        yield _Stimulus(Refusal.FUTURE, seal(future, self._key))
        good = self._show_not_ready()
        again = replace(good, issued_ns=time.monotonic_ns())
        yield _Stimulus(Refusal.SEQUENCE, seal(again, self._key))
        same_frame = replace(self._next(), frame_index=good.frame_index)
        yield _Stimulus(Refusal.FRAME, seal(same_frame, self._key))

    def _show(self, stimulus: _Stimulus) -> None:
        begin = len(self._events)
        self._channel.send_raw(stimulus.datagram)
        name = f"a renewal with wrong {stimulus.refusal}"
        if self._find(begin, lambda e: _is_refusal(e, stimulus.refusal)) is None:
            raise _failure(name, f"a refusal {stimulus.refusal}", "none")
        if any(_is_lease(event, held=True) for event in self._events[begin:]):
            raise _failure(name, "no lease", "the lease is held")

    def _show_not_ready(self) -> Message:
        """Renew and drop in one go; return the renewal. Both events have to come."""
        losses = []
        for _ in range(N_TRIES):
            begin, renewal = len(self._events), self._next()
            self._channel.send_raw(seal(renewal, self._key))
            self._channel.send_raw(seal(replace(self._next(), kind=Kind.NOT_READY), self._key))
            held = self._find(begin, _is_answer)
            if held is None or self._events[held].kind is not EventKind.LEASE:
                continue  # it came too late to hold anything
            losses.append(str(self._loss(held + 1, "NOT READY").detail["why"]))
            if losses[-1] == Loss.NOT_READY:
                return renewal
        raise _failure("NOT READY", "the lease is dropped at once", ", ".join(losses))

    def _show_silence(self) -> None:
        late_ns = []
        for _ in range(N_TRIES):
            message, begin = self._hold()
            loss = self._loss(begin, "silence")
            late_ns.append(loss.at_ns - message.issued_ns - LEASE_NS)
            if 0 <= late_ns[-1] <= MAX_LATE_NS:
                return
        actual = "late by " + ", ".join(f"{late / 1e6:.0f} ms" for late in late_ns)
        raise _failure("silence", "the lease runs out after 100 ms", actual)

    def _hold(self) -> tuple[Message, int]:
        """Renew rightly; return the message, and where the events after its lease begin.

        A supervisor that refuses everything proves nothing.
        """
        for _ in range(N_TRIES):
            begin, message = len(self._events), self._next()
            self._channel.send_raw(seal(message, self._key))
            held = self._find(begin, _is_answer)
            if held is not None and self._events[held].kind is EventKind.LEASE:
                return message, held + 1
        raise _failure("a valid renewal", "the lease is held", "it is not")

    def _loss(self, begin: int, name: str) -> SupervisorEvent:
        """The event of the lease's loss."""
        found = self._find(begin, lambda e: _is_lease(e, held=False))
        if found is None:
            raise _failure(name, "the lease is given up", "it is still held")
        return self._events[found]

    def _go_live(self) -> None:
        begin = len(self._events)
        self._channel.send_raw(seal(replace(self._next(), kind=Kind.GO_LIVE), self._key))
        if self._find(begin, lambda e: e.kind is EventKind.LIVE) is None:
            new = self._events[begin:]
            refused = [name for e in new if e.kind is EventKind.REFUSED for name in e.detail]
            raise ProofTestError(
                "The supervisor does not go live.",
                expected="beam off, the relay's feedback contact open, the proof test complete",
                actual=f"refused: {', '.join(refused) or 'no answer'}",
                remedy="Check the beam-on input and the relay; start again.",
            )

    def _next(self) -> Message:
        self._channel.sequence += 1
        self._frame_index += 1
        return Message(
            Kind.RENEW,
            self._ids,
            self._channel.sequence,
            self._frame_index,
            time.monotonic_ns(),
        )

    def _find(self, begin: int, is_it: Callable[[SupervisorEvent], bool]) -> int | None:
        """Where an event is that has come, or comes in time."""
        give_up_ns = time.monotonic_ns() + int(ANSWER_TIMEOUT_S * 1e9)
        while True:
            for index, event in enumerate(self._events[begin:], start=begin):
                if is_it(event):
                    return index
            begin = len(self._events)
            left_s = (give_up_ns - time.monotonic_ns()) / 1e9
            if not self._channel.wait_for(lambda _: True, left_s):
                return None
            self._events += self._channel.poll()


def _is_lease(event: SupervisorEvent, *, held: bool) -> bool:
    return event.kind is EventKind.LEASE and event.detail["held"] is held


def _is_answer(event: SupervisorEvent) -> bool:
    """Whether a renewal was accepted or refused."""
    return _is_lease(event, held=True) or event.kind is EventKind.REFUSED


def _is_refusal(event: SupervisorEvent, refusal: Refusal) -> bool:
    return event.kind is EventKind.REFUSED and str(refusal) in event.detail


def _failure(what: str, expected: str, actual: str) -> ProofTestError:
    return ProofTestError(
        f"The start-up proof test failed: {what}.",
        expected=expected,
        actual=actual,
        remedy="Start again; if it fails again, take the system out of use and report it.",
    )
