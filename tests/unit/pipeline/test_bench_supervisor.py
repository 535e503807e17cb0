"""`bench supervisor`: its table and goals, and one trial of each kind with real processes."""

from __future__ import annotations

import pytest

from pipeline.benchmarks.supervisor import GOAL_MS, Row, findings, run_supervisor_bench
from pipeline.benchmarks.supervisor_trials import Fall


def row(from_event_ms: float, *, has_goal: bool = True) -> Row:
    falls = [Fall(from_event_ms, from_event_ms + 20.0)] * 10
    return Row("session stopped", "relay", has_goal, falls)


def test_a_row_shows_both_times() -> None:
    found = findings([row(50.0)])
    shown = "50.0 / 50.0 / 50.0 / 50.0"
    assert found.tables[0].rows[0][2:] == ("10", shown, shown.replace("50", "70"))


@pytest.mark.parametrize(("late_ms", "is_met"), [(GOAL_MS, True), (GOAL_MS + 0.1, False)])
def test_the_goal_is_on_the_time_from_the_event(late_ms: float, is_met: bool) -> None:
    assert [goal.is_met for goal in findings([row(late_ms)]).goals] == [is_met]


def test_what_the_goal_does_not_speak_of_has_none() -> None:
    assert findings([row(500.0, has_goal=False)]).goals == []


@pytest.mark.slow
def test_each_kind_falls_in_every_trial() -> None:
    told: list[tuple[int, int | None]] = []
    found = run_supervisor_bench(1, 0, lambda done, total: told.append((done, total)))
    assert told == [(i, 8) for i in range(1, 9)]
    assert [r[2] for r in found.tables[0].rows] == ["1"] * 8
