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
N_TIMINGS = 3  # one of which must be in time: a machine may be busy while a session starts
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
        self._show_not_ready()
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
        good = self._next()
        self._hold(good)
        self._drop()
        yield _Stimulus(Refusal.SEQUENCE, seal(good, self._key))
        same_frame = replace(self._next(), frame_index=good.frame_index)
        yield _Stimulus(Refusal.FRAME, seal(same_frame, self._key))

    def _show(self, stimulus: _Stimulus) -> None:
        self._channel.send_raw(stimulus.datagram)
        name = f"a renewal with wrong {stimulus.refusal}"
        if not self._wait(lambda e: str(stimulus.refusal) in e.detail, EventKind.REFUSED):
            raise _failure(name, f"a refusal {stimulus.refusal}", "none")
        if any(e.kind is EventKind.LEASE and e.detail["held"] for e in self._channel.poll()):
            raise _failure(name, "no lease", "the lease is held")

    def _show_not_ready(self) -> None:
        self._hold(self._next())
        self._drop()

    def _show_silence(self) -> None:
        late_ns = []
        for _ in range(N_TIMINGS):
            late_ns.append(self._late_ns())
            if 0 <= late_ns[-1] <= MAX_LATE_NS:
                return
        actual = "late by " + ", ".join(f"{late / 1e6:.0f} ms" for late in late_ns)
        raise _failure("silence", "the lease runs out after 100 ms", actual)

    def _late_ns(self) -> int:
        """How long after its deadline a lease is given up in silence."""
        message = self._next()
        self._hold(message)
        lost_ns: list[int] = []

        def is_expiry(event: SupervisorEvent) -> bool:
            if event.detail["held"] or event.detail["why"] != Loss.EXPIRED:
                return False
            lost_ns.append(event.at_ns)
            return True

        if not self._wait(is_expiry, EventKind.LEASE):
            raise _failure("silence", "the lease runs out", "it is still held")
        self._channel.poll()
        return lost_ns[0] - message.issued_ns - LEASE_NS

    def _drop(self) -> None:
        self._channel.send_raw(seal(replace(self._next(), kind=Kind.NOT_READY), self._key))
        is_lost = self._wait(lambda e: not e.detail["held"], EventKind.LEASE)
        events = self._channel.poll()
        reasons = {e.detail["why"] for e in events if e.kind is EventKind.LEASE}
        if not is_lost or Loss.NOT_READY not in reasons:
            raise _failure("NOT READY", "the lease is dropped at once", "it was not")

    def _hold(self, message: Message) -> None:
        """Renew rightly: a supervisor that refuses everything proves nothing."""
        self._channel.send_raw(seal(message, self._key))
        if not self._wait(lambda e: bool(e.detail["held"]), EventKind.LEASE):
            raise _failure("a valid renewal", "the lease is held", "it is not")
        self._channel.poll()

    def _go_live(self) -> None:
        self._channel.send_raw(seal(replace(self._next(), kind=Kind.GO_LIVE), self._key))
        if not self._wait(lambda _: True, EventKind.LIVE):
            seen = [dict(e.detail) for e in self._channel.poll() if e.kind is EventKind.REFUSED]
            raise ProofTestError(
                "The supervisor does not go live.",
                expected="beam off, the relay's feedback contact open, the proof test complete",
                actual=f"refused: {seen or 'no answer'}",
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

    def _wait(self, is_it: Callable[[SupervisorEvent], bool], kind: EventKind) -> bool:
        return self._channel.wait_for(lambda e: e.kind is kind and is_it(e), ANSWER_TIMEOUT_S)


def _failure(what: str, expected: str, actual: str) -> ProofTestError:
    return ProofTestError(
        f"The start-up proof test failed: {what}.",
        expected=expected,
        actual=actual,
        remedy="Start again; if it fails again, take the system out of use and report it.",
    )
