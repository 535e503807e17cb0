"""What each guard is good for: the campaign again with one of them switched off.

A guard without which nothing changes would be dead weight, or proof of a campaign that does not
try it. Without a guard the campaign must say READY falsely in some class, or, where another guard
catches the fault too, tell another reason first. Only this module switches guards off, in the
memory of its own process.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.benchmarks.findings import Findings, Goal, TextTable
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.faults.fault import SEVERITIES
from pipeline.faults.kernel_campaign import EXPECTED, Piece, run_piece
from pipeline.faults.kernel_run import CaseResult, state_before
from pipeline.supervisor import lease_holder
from pipeline.supervisor.refusal import Refusal
from recordings.progress import Report
from tracking import decision, gate, limit_checks, snapshot
from tracking.guards import GUARDS, PROVEN, Check, Finding
from tracking.snapshot import KernelState, Snapshot


@dataclass(frozen=True)
class Ablation:
    """One guard switched off: attribute `name` of `module`, and of `also`, replaced."""

    guard: str
    module: Any
    name: str
    replacement: Any
    also: tuple[Any, ...] = ()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Switch the guard off inside the context."""
        modules = (self.module, *self.also)
        originals = [getattr(module, self.name) for module in modules]
        for module in modules:
            setattr(module, self.name, self.replacement)
        try:
            yield
        finally:
            for module, original in zip(modules, originals, strict=True):
                setattr(module, self.name, original)


def _always_proven(_frame: Snapshot, _state: KernelState) -> Finding:
    return PROVEN


def _without(check: Check) -> Ablation:
    return Ablation(f"check: {check}", gate, "GUARDS", {**GUARDS, check: _always_proven})


def _never_latched(*_: object) -> tuple[frozenset[Any], None]:
    return frozenset(), None


def _any_acknowledgement(frame: Snapshot, _state: KernelState) -> bool:
    return frame.acknowledged_frame is not None


def _checks_without(refusal: Refusal) -> dict[Refusal, Any]:
    return {name: check for name, check in lease_holder.CHECKS.items() if name is not refusal}


ABLATIONS: tuple[Ablation, ...] = (
    *(_without(check) for check in Check),
    Ablation("ten frames to arm", gate, "FRAMES_TO_ARM", 1, (decision, snapshot)),
    Ablation("frames in a row", gate, "_is_consecutive", lambda *_: True),
    Ablation("memory of content", gate, "N_REMEMBERED", 1),
    Ablation("latch", gate, "_latched", _never_latched),
    Ablation("acknowledgement of the frame", gate, "_is_acknowledged", _any_acknowledgement),
    *(
        Ablation(f"lease: {refusal}", lease_holder, "CHECKS", _checks_without(refusal))
        for refusal in lease_holder.CHECKS
    ),
    Ablation("lease: seal", hmac, "compare_digest", lambda *_: True),
    Ablation("three sigma", limit_checks, "K_SIGMA", 0.0),
)


@dataclass(frozen=True)
class Trial:
    """One guard's turn."""

    index: int
    seed: int
    n_sessions: int


@dataclass(frozen=True)
class GuardResult:
    """What the campaign shows without one guard."""

    guard: str
    false_ready: tuple[str, ...]
    other_reason: tuple[str, ...]

    @property
    def is_missed(self) -> bool:
        """Whether its absence shows at all."""
        return bool(self.false_ready or self.other_reason)


def ablation(
    n_cases: int, seed: int, report: Report, *, n_processes: int = N_PROCESSES
) -> Findings:
    """Switch off every guard in turn; at least `n_cases` of every class each time."""
    n_sessions = -(-n_cases // len(SEVERITIES))
    results = side_by_side(
        run_trial, [Trial(i, seed, n_sessions) for i in range(len(ABLATIONS))], report, n_processes
    )
    rows = [
        (
            r.guard,
            _names(r.false_ready),
            _names(r.other_reason),
            "" if r.is_missed else "NOT MISSED",
        )
        for r in results
    ]
    table = TextTable(
        f"Without one guard: {len(EXPECTED)} classes, {n_sessions} sessions, five severities",
        ("guard switched off", "READY falsely in", "another reason first in", ""),
        rows,
        "Classes of faults by name. With every guard on, no class is READY falsely.",
    )
    return Findings(
        tables=(table,),
        goals=(
            Goal(
                "guards whose absence shows nowhere",
                float(sum(not r.is_missed for r in results)),
                0.0,
            ),
        ),
        data={
            r.guard: {"false_ready": r.false_ready, "other_reason": r.other_reason} for r in results
        },
        is_failed=not all(r.is_missed for r in results),
    )


def run_trial(trial: Trial) -> GuardResult:
    """Run the campaign with and without one guard."""
    whole = _whole(trial.seed, trial.n_sessions)
    guard = ABLATIONS[trial.index]
    with guard.applied():
        without = _campaign(trial.seed, trial.n_sessions)
    return GuardResult(
        guard=guard.guard,
        false_ready=_classes(without, lambda now, _was: now.n_false_ready > 0, whole),
        other_reason=_classes(
            without,
            lambda now, was: not now.n_false_ready and now.first_reason != was.first_reason,
            whole,
        ),
    )


@lru_cache(maxsize=1)
def _whole(seed: int, n_sessions: int) -> list[CaseResult]:
    return _campaign(seed, n_sessions)


def _campaign(seed: int, n_sessions: int) -> list[CaseResult]:
    state_before.cache_clear()  # it was decided with other guards
    return [result for i in range(n_sessions) for result in run_piece(Piece(seed, i))]


def _classes(
    without: Sequence[CaseResult],
    shows: Callable[[CaseResult, CaseResult], bool],
    whole: Sequence[CaseResult],
) -> tuple[str, ...]:
    pairs = zip(without, whole, strict=True)
    return tuple(dict.fromkeys(now.fault for now, was in pairs if shows(now, was)))


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
