"""Faults between session and supervisor: what a lease must not be renewed by.

The holder is the supervisor's own, driven with the session's clock. Until the onset it gets the
session's true datagrams, afterwards only what the fault sends: whatever is accepted of that, or
holds the lease longer than its length, is a false READY.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.faults.fault import WINDOW, Case
from pipeline.faults.kernel_run import CaseResult
from pipeline.faults.nominal import Moment
from pipeline.supervisor.identities import NAMES, LeaseIds
from pipeline.supervisor.lease_holder import LEASE_NS, LeaseHolder
from pipeline.supervisor.message import DATAGRAM_BYTES, KEY_BYTES, Kind, Message, seal
from pipeline.supervisor.refusal import Refusal

KEY = bytes(range(KEY_BYTES))
SESSION_PID = 4242
WORK_NS = 25_000_000  # from reading the clock to the decision
IDS = LeaseIds.of(
    session="s", plan="plan@1", patient="phantom-1", rig="rig@1", model="model@1", limits="l"
)


@dataclass(frozen=True)
class Sent:
    """A datagram that arrives."""

    at_ns: int
    datagram: bytes
    pid: int = SESSION_PID


Send = Callable[[Case], Sequence[Sent]]


@dataclass(frozen=True)
class LeaseFault:
    """One class; `expects`: how the first datagram is refused, None where none comes."""

    name: str
    send: Send
    expects: Refusal | None


def genuine(moment: Moment) -> Message:
    """The renewal that the session sends at a moment."""
    frame = moment.frame
    return Message(
        Kind.RENEW,
        IDS,
        sequence=frame.frame_index,
        frame_index=frame.frame_index,
        issued_ns=moment.decided_ns - WORK_NS,
    )


def _sent(moment: Moment, message: Message, key: bytes = KEY, **kept: int) -> Sent:
    return Sent(moment.decided_ns + 200_000, seal(message, key), **kept)


def _each(change: Callable[[Moment, Message, Case], Sent]) -> Send:
    """One datagram for each moment from the onset on."""
    return lambda case: [change(moment, genuine(moment), case) for moment in case.window]


def _replayed(case: Case) -> list[Sent]:
    """True datagrams of the past, one every period."""
    old = [case.session.moment(case.onset - 1 - i % case.severity) for i in range(WINDOW)]
    pairs = zip(case.window, old, strict=True)
    return [_sent(today, genuine(was)) for today, was in pairs]


def _replayed_at_once(case: Case) -> list[Sent]:
    """The last datagrams again, before they are too old: only their sequence tells."""
    last = case.session.moment(case.onset - 1)
    later_ns = last.decided_ns + case.severity * 5_000_000
    return [Sent(later_ns + i * 1_000_000, seal(genuine(last), KEY)) for i in range(WINDOW)]


def _flipped(moment: Moment, message: Message, case: Case) -> Sent:
    datagram = bytearray(seal(message, KEY))
    bit = int(case.rng.integers(8 * len(datagram)))
    datagram[bit // 8] ^= 1 << bit % 8
    return Sent(moment.decided_ns, bytes(datagram))


def _garbage(moment: Moment, _message: Message, case: Case) -> Sent:
    return Sent(moment.decided_ns, case.rng.bytes(DATAGRAM_BYTES))


def _cut(moment: Moment, message: Message, case: Case) -> Sent:
    return Sent(moment.decided_ns, seal(message, KEY)[: -case.severity])


def _old_issue(moment: Moment, message: Message, case: Case) -> Sent:
    """The process was stopped between clock and decision, and goes on."""
    late_ns = (100, 120, 200, 1000, 4000)[case.severity - 1] * 1_000_000
    return _sent(moment, replace(message, issued_ns=moment.decided_ns - late_ns))


def _coming_issue(moment: Moment, message: Message, case: Case) -> Sent:
    ahead_ns = (1, 10, 100, 1000, 3_600_000)[case.severity - 1] * 1_000_000
    return _sent(moment, replace(message, issued_ns=moment.decided_ns + ahead_ns))


def _other_sender(moment: Moment, message: Message, case: Case) -> Sent:
    return _sent(moment, message, pid=SESSION_PID + case.severity)


def _other_id(name: str) -> Send:
    other = LeaseIds.of(**dict.fromkeys(NAMES, "other"))
    ids = replace(IDS, **{name: getattr(other, name)})
    return _each(lambda moment, message, _case: _sent(moment, replace(message, ids=ids)))


def _frame_again(moment: Moment, message: Message, case: Case) -> Sent:
    last = case.session.moment(case.onset - 1).frame.frame_index
    return _sent(moment, replace(message, frame_index=last + 1 - case.severity))


LEASE_FAULTS: tuple[LeaseFault, ...] = (
    LeaseFault("lease: session killed", lambda _case: [], None),
    LeaseFault("lease: replayed", _replayed, Refusal.SEQUENCE),
    LeaseFault("lease: replayed at once", _replayed_at_once, Refusal.SEQUENCE),
    LeaseFault(
        "lease: forged with another key",
        _each(lambda moment, message, _case: _sent(moment, message, bytes(KEY_BYTES))),
        Refusal.MAC,
    ),
    LeaseFault("lease: bit flipped", _each(_flipped), Refusal.MAC),
    LeaseFault("lease: random bytes", _each(_garbage), Refusal.MAC),
    LeaseFault("lease: cut short", _each(_cut), Refusal.SIZE),
    LeaseFault(
        "lease: sent by another process",
        _each(_other_sender),
        Refusal.SENDER,
    ),
    LeaseFault("lease: session stopped and continued", _each(_old_issue), Refusal.STALE),
    LeaseFault("lease: issued ahead of time", _each(_coming_issue), Refusal.FUTURE),
    LeaseFault("lease: frame does not rise", _each(_frame_again), Refusal.FRAME),
    *(LeaseFault(f"lease: other {name}", _other_id(name), Refusal[name.upper()]) for name in NAMES),
)


def run_lease_case(fault: LeaseFault, case: Case) -> CaseResult:
    """Run one case; its twin goes on with the session's true datagrams."""
    holder = _holder(case)
    began_ns = case.session.moment(case.onset).exposed_ns
    twin = _holder(case)
    twin_ready = all(_is_renewed(twin, _sent(m, genuine(m))) for m in case.window)
    dropped_ns, answers = holder.ready_until_ns, []
    for sent in fault.send(case):
        answer = holder.take(sent.datagram, sent.pid, sent.at_ns)
        answers.append(answer)
        dropped_ns = max(dropped_ns, holder.ready_until_ns)
    refusals = [answer for answer in answers if isinstance(answer, Refusal)]
    return CaseResult(
        fault=fault.name,
        severity=case.severity,
        twin_ready=twin_ready,
        n_false_ready=len(answers) - len(refusals),
        first_reason=str(refusals[0]) if refusals else None,
        not_ready_ms=(dropped_ns - began_ns) / 1e6,
    )


def _holder(case: Case) -> LeaseHolder:
    """A holder that has had the session's datagrams up to the onset."""
    holder = LeaseHolder(KEY, IDS, SESSION_PID)
    for index in range(case.onset - 3, case.onset):
        moment = case.session.moment(index)
        sent = _sent(moment, genuine(moment))
        holder.take(sent.datagram, sent.pid, sent.at_ns)
    return holder


def _is_renewed(holder: LeaseHolder, sent: Sent) -> bool:
    answer = holder.take(sent.datagram, sent.pid, sent.at_ns)
    return isinstance(answer, Message) and holder.ready_until_ns <= sent.at_ns + LEASE_NS
