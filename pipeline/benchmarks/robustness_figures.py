"""The robustness benchmark's cases as tables, goals and data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pipeline.benchmarks.findings import (
    NOTHING,
    RULE_OF_THREE,
    Findings,
    Goal,
    TextTable,
    share,
    shown,
)

N_REASONS = 3  # of the commonest that are listed


@dataclass(frozen=True)
class Case:
    """One frame as the gate saw it.

    Attributes
    ----------
    miss
        The tolerance that the frame truly lies outside of; "" inside all.
    severity
        1 to 5; 0 for the undisturbed twin.
    is_unsure
        UNSURE for another reason than that it has just not armed yet.
    doubt
        Score of the labels, None where there is none.
    """

    seed: int
    miss: str
    disturbance: str
    severity: int
    checks_passed: bool
    is_unsure: bool
    reasons: tuple[str, ...]
    doubt: float | None


def robustness_findings(cases: Sequence[Case], n_frames: int) -> Findings:
    """Table of disturbances by severity, the commonest reasons, and the goals."""
    twins = [case for case in cases if case.severity == 0]
    disturbed = [case for case in cases if case.severity > 0]
    names = list(dict.fromkeys(case.disturbance for case in disturbed))
    severities = sorted({case.severity for case in disturbed})
    outside = [case for case in cases if case.miss]
    goals = (
        Goal("undisturbed, docked: share of frames with every check passed",
             _passed(_inside(twins)), 1.0, is_most=False),
        Goal("not docked, disturbed or not: share with every check passed", _passed(outside), 0.0),
    )  # fmt: skip
    rows = [
        (name, *(_cell([c for c in disturbed if _is(c, name, s)]) for s in severities))
        for name in names
    ]
    table = TextTable(
        "Simulated docking, the shipped model: share of frames with every check passed",
        ("disturbance", *(f"severity {s}" for s in severities)),
        rows,
        "docked / not docked / UNSURE where docked, %. The twin without disturbance: "
        f"{_cell(twins)}. {n_frames} frames docked, as many just outside one tolerance.",
    )
    reasons = TextTable(
        "What keeps docked frames from passing",
        ("disturbance", "commonest reasons, frames"),
        [(name, _commonest([c for c in disturbed if c.disturbance == name])) for name in names],
    )
    return Findings(
        tables=(table, reasons),
        goals=goals,
        data={
            "not_docked": {
                "frames": len(outside),
                "checks_passed": sum(case.checks_passed for case in outside),
                "at_most_95": min(1.0, RULE_OF_THREE / len(outside)) if outside else None,
            },
            "cases": [asdict(case) for case in cases],
        },
    )


def _is(case: Case, disturbance: str, severity: int) -> bool:
    return case.disturbance == disturbance and case.severity == severity


def _inside(cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if not case.miss]


def _passed(cases: Sequence[Case]) -> float | None:
    return share(sum(case.checks_passed for case in cases), len(cases))


def _cell(cases: Sequence[Case]) -> str:
    inside = _inside(cases)
    outside = [case for case in cases if case.miss]
    unsure = share(sum(case.is_unsure for case in inside), len(inside))
    parts = (_passed(inside), _passed(outside), unsure)
    return " / ".join(shown(part, 0, scale=100) for part in parts)


def _commonest(cases: Sequence[Case]) -> str:
    kept = [case for case in _inside(cases) if not case.checks_passed]
    counted = Counter(reason for case in kept for reason in case.reasons)
    return ", ".join(f"{name} {n}" for name, n in counted.most_common(N_REASONS)) or NOTHING
