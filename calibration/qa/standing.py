"""What the history of a camera's QA says now: proven, and until when, or why not. Pure.

Fails to: not proven. Nothing here reads a clock: the time is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from calibration.qa.protocol import FULL_PROTOCOL, ProtocolName
from calibration.qa.run_record import RunRecord, Setup

FAILURES_TO_LOCK = 3


class QaState(StrEnum):
    """One word for where a rig stands."""

    VALID = "valid"
    MISSING = "missing"
    UNFINISHED = "unfinished"
    EXPIRED = "expired"
    FAILED = "failed"
    LOCKED = "locked"
    CHANGED = "changed"
    CLOCK = "clock"


SENTENCES = {
    QaState.VALID: "The QA of this rig holds.",
    QaState.MISSING: "No QA of this rig is stored. Run the daily QA.",
    QaState.UNFINISHED: "The last QA was begun and not finished. Run it again.",
    QaState.EXPIRED: "The QA of this rig has expired. Run it again.",
    QaState.FAILED: "The last QA failed. Have the physicist look into it.",
    QaState.LOCKED: "Locked after three failures. The after-change protocol must pass.",
    QaState.CHANGED: "Rig, software, model and reference have not been proven in full as they are "
    "now. The after-change protocol must pass.",
    QaState.CLOCK: "The clock stands before the last QA. Set the computer's clock.",
}


@dataclass(frozen=True)
class Standing:
    """Where a rig stands, and the span in which that holds.

    Attributes
    ----------
    valid_from_ns, valid_until_ns : int
        UTC; equal to 0 unless the state is VALID. Whoever asks later has to ask `holds`.
    n_failures : int
        Failures in a row (`failures_in_a_row`).
    last : RunRecord or None
        The run that decided.
    """

    state: QaState
    n_failures: int = 0
    last: RunRecord | None = None
    valid_from_ns: int = 0
    valid_until_ns: int = 0

    def holds(self, now_ns: int) -> bool:
        """Whether the rig is proven at `now_ns`. Fails to: no, also where the clock went back."""
        is_inside = self.valid_from_ns <= now_ns < self.valid_until_ns
        return self.state is QaState.VALID and is_inside

    @property
    def sentence(self) -> str:
        """The state for people."""
        return SENTENCES[self.state]


def standing(
    runs: Sequence[RunRecord],
    setup: Setup,
    now_ns: int,
    required: Sequence[ProtocolName] = (ProtocolName.DAILY,),
) -> Standing:
    """Judge a camera's history.

    Parameters
    ----------
    runs : sequence of RunRecord
        Of any cameras, in any order. The caller leaves out those whose origin proves nothing here.
    setup : Setup
        What is about to be used. An empty `baseline` accepts the newest run's own.
    required : sequence of ProtocolName
        What must hold at `now_ns`; the daily one always.
    """
    own = sorted(
        (run for run in runs if run.start.setup.camera_serial == setup.camera_serial),
        key=_when,
    )
    if not own:
        return Standing(QaState.MISSING)
    n_failures = failures_in_a_row(own)
    newest = own[-1]
    if now_ns < latest_ns(own):
        return Standing(QaState.CLOCK, n_failures, newest)
    if is_locked(own):
        return Standing(QaState.LOCKED, n_failures, newest)
    if newest.result is None:
        return Standing(QaState.UNFINISHED, n_failures, newest)
    if not newest.is_accepted:
        return Standing(QaState.FAILED, n_failures, newest)
    if not _is_same(newest.start.setup, setup) or not _is_proven_in_full(own):
        return Standing(QaState.CHANGED, n_failures, newest)
    return _span(own, now_ns, {ProtocolName.DAILY, *required}, n_failures)


def _when(run: RunRecord) -> tuple[int, int]:
    """When a run said its word: at its end. One that never ended counts from its start."""
    told_ns = run.start.started_ns if run.result is None else run.result.finished_ns
    return told_ns, run.id


def failures_in_a_row(runs: Sequence[RunRecord]) -> int:
    """Failures since the last run that forgave them, oldest first.

    A run that was aborted after measuring had begun is a failure. Under a lock only the full
    protocol forgives.
    """
    return _counted(runs)[0]


def is_locked(runs: Sequence[RunRecord]) -> bool:
    """Three failures in a row lock; only the full protocol opens, a passed daily does not."""
    return _counted(runs)[1]


def _counted(runs: Sequence[RunRecord]) -> tuple[int, bool]:
    count, locked = 0, False
    for run in runs:
        if run.is_failure:
            count += 1
            locked |= count >= FAILURES_TO_LOCK
        elif run.is_accepted and (not locked or run.start.protocol is FULL_PROTOCOL):
            count, locked = 0, False
    return count, locked


def latest_ns(runs: Sequence[RunRecord]) -> int:
    """The latest moment that any run speaks of: no clock may stand before it."""
    return max(
        max(
            run.start.measured_ns,
            run.start.started_ns,
            0 if run.result is None else run.result.finished_ns,
        )
        for run in runs
    )


def _is_same(of_run: Setup, now: Setup) -> bool:
    ours = (of_run.rig, of_run.software, of_run.model)
    is_same_baseline = now.baseline in ("", of_run.baseline)
    return ours == (now.rig, now.software, now.model) and is_same_baseline


def _is_proven_in_full(own: Sequence[RunRecord]) -> bool:
    """Whether the newest run's set-up passed the full protocol, and no other was proven since.

    A first installation is a change too.
    """
    now = own[-1].start.setup
    proven = False
    for run in own:
        if not run.is_accepted:
            continue
        if run.start.setup != now:
            proven = False
        elif run.start.protocol is FULL_PROTOCOL:
            proven = True
    return proven


def _span(
    own: Sequence[RunRecord], now_ns: int, required: set[ProtocolName], n_failures: int
) -> Standing:
    """The span in which every required protocol holds; EXPIRED or MISSING where it is empty."""
    from_ns, until_ns, decided = 0, None, own[-1]
    for protocol in sorted(required):
        run = _newest_accepted(own, protocol)
        if run is None:
            return Standing(QaState.MISSING, n_failures, own[-1])
        end_ns = _end_ns(run, protocol)
        from_ns = max(from_ns, latest_ns([run]))
        if until_ns is None or end_ns < until_ns:
            until_ns, decided = end_ns, run
    if until_ns is None or not from_ns <= now_ns < until_ns:
        return Standing(QaState.EXPIRED, n_failures, decided)
    return Standing(QaState.VALID, n_failures, decided, max(from_ns, latest_ns(own)), until_ns)


def _end_ns(run: RunRecord, protocol: ProtocolName) -> int:
    """A full run counts as a monthly or annual one for their usual length."""
    if protocol is run.start.protocol or protocol is ProtocolName.DAILY:
        return run.start.measured_ns + run.start.valid_ns
    days = {ProtocolName.MONTHLY: 31, ProtocolName.ANNUAL: 366}.get(protocol, 1)
    return run.start.measured_ns + days * 24 * 3600 * 10**9


def _newest_accepted(own: Sequence[RunRecord], protocol: ProtocolName) -> RunRecord | None:
    """The newest run of a protocol or the full one in its place, if it was accepted."""
    fits = [run for run in own if run.start.protocol in (protocol, FULL_PROTOCOL)]
    newest = fits[-1] if fits else None
    return newest if newest is not None and newest.is_accepted else None
