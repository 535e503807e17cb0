"""The campaign of wrong inputs: none becomes READY, each says why, and each twin is READY."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.benchmarks.findings import RULE_OF_THREE, Findings, Goal, TextTable, share, shown
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from pipeline.faults.wrong_inputs import WRONG_INPUTS, wrong_input_cases
from recordings.progress import Report

N_CASES = 5000  # asked for
CASES_A_PIECE = 25
FIRST_REASON_GOAL = 0.99


@dataclass(frozen=True)
class InputResult:
    """Outcome of one case; one whose twin is not READY does not count."""

    name: str
    kind: str
    twin_ready: bool
    is_ready: bool
    is_right: bool
    stage: str
    first: str


def inputs_campaign(
    n_cases: int, seed: int, report: Report, *, n_processes: int = N_PROCESSES
) -> Findings:
    """Run `n_cases` in turn of all ways to be wrong."""
    firsts = range(0, n_cases, CASES_A_PIECE)
    pieces = [(first, min(CASES_A_PIECE, n_cases - first)) for first in firsts]
    results = side_by_side(partial(run_piece, seed), pieces, report, n_processes)
    return findings([result for piece in results for result in piece])


def run_piece(seed: int, piece: tuple[int, int]) -> list[InputResult]:
    """Run the cases (first, number)."""
    first, n_cases = piece
    results = []
    for case in wrong_input_cases(n_cases, seed, first):
        twin = case.run_twin()
        found = case.run() if twin.is_ready else twin
        results.append(
            InputResult(
                name=case.name,
                kind=case.wrong.kind,
                twin_ready=twin.is_ready,
                is_ready=found.is_ready,
                is_right=case.is_expected(found),
                stage=found.stage,
                first=found.first,
            )
        )
    return results


def findings(results: Sequence[InputResult]) -> Findings:
    """Table by way to be wrong, and the goals."""
    counted = [r for r in results if r.twin_ready]
    names = [f"{wrong.kind}: {wrong.name}" for wrong in WRONG_INPUTS]
    by_name = {name: [r for r in counted if r.name == name] for name in names}
    n_ready = sum(r.is_ready for r in counted)
    goals = (
        Goal(f"READY of {len(counted)} wrong inputs", float(n_ready), 0.0),
        Goal("cases whose twin was READY, share", share(len(counted), len(results)), 1.0, False),
        Goal(
            "right reason first, share",
            share(sum(r.is_right for r in counted), len(counted)),
            FIRST_REASON_GOAL,
            is_most=False,
        ),
    )
    kinds = {kind: [r for r in counted if r.kind == kind] for kind in _kinds()}
    table = TextTable(
        f"Wrong inputs, {len(names)} ways; files written and read, frames drawn (simulation)",
        ("wrong", "cases", "READY", "at most, 95 %", "right reason", "told by"),
        [_row(name, by_name[name]) for name in names]
        + [_row(f"all of {kind}", found) for kind, found in kinds.items()],
        "Cases count only where the same set-up without the fault becomes READY. Told by: files "
        "refused while loading, a refused time-out, or the kernel.",
    )
    data = {
        "cases": len(results),
        "counted": len(counted),
        "ready": n_ready,
        "right_first": sum(r.is_right for r in counted),
        "ways": {name: _data(found) for name, found in by_name.items()},
        "kinds": {kind: _data(found) for kind, found in kinds.items()},
    }
    return Findings(tables=(table,), goals=goals, data=data)


def _kinds() -> list[str]:
    return list(dict.fromkeys(wrong.kind for wrong in WRONG_INPUTS))


def _row(name: str, results: Sequence[InputResult]) -> tuple[str, ...]:
    stages = Counter(r.stage for r in results)
    return (
        name,
        str(len(results)),
        str(sum(r.is_ready for r in results)),
        shown(share(1, len(results)), 2, 100 * RULE_OF_THREE, " %"),
        shown(share(sum(r.is_right for r in results), len(results)), 1, 100, " %"),
        ", ".join(f"{stage} {n}" for stage, n in stages.most_common()),
    )


def _data(results: Sequence[InputResult]) -> dict[str, object]:
    wrong = Counter(r.first for r in results if not r.is_right)
    return {
        "cases": len(results),
        "ready": sum(r.is_ready for r in results),
        "right_first": sum(r.is_right for r in results),
        "other_first": dict(wrong.most_common(3)),
    }
