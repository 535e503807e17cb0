"""`bench identity`: neighbours are neighbours, confusions are counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from pipeline.benchmarks.identity import TrialResult, catalogue, draw_trial, findings, identity
from recordings.progress import unheard

RIGHT = TrialResult(0, "diameter", "A", "A", "A", "OK", 1.0, 0.1, 0.2)
UNDECIDED = replace(RIGHT, identified=None)
CONFUSED = replace(RIGHT, shown="B")


@pytest.mark.parametrize(("varied", "other"), [("diameter", "bevel"), ("bevel", "diameter")])
def test_the_shown_cone_is_the_planned_one_or_its_neighbour(varied: str, other: str) -> None:
    steps: Counter[float] = Counter()
    for index in range(300):
        trial = draw_trial(varied, 0, index, has_start=True)
        sizes = [
            {"diameter": cone.inner_diameter_mm, "bevel": cone.bevel_deg}
            for cone in (trial.planned, trial.shown)
        ]
        assert sizes[0][other] == sizes[1][other]
        steps[sizes[1][varied] - sizes[0][varied]] += 1
        assert {trial.planned.id, trial.shown.id} <= set(catalogue())
    step = 5.0 if varied == "diameter" else 15.0
    assert set(steps) == {-step, 0.0, step}
    assert min(steps.values()) > 50


def _goals(*results: TrialResult) -> dict[str, bool]:
    found = findings([*results, *[replace(RIGHT, varied="bevel")] * 10], has_start=True)
    return {goal.name.split(",")[0]: goal.is_met for goal in found.goals}


def test_one_confusion_fails_the_goal() -> None:
    assert all(_goals(*[RIGHT] * 50).values())
    assert not _goals(*[RIGHT] * 49, CONFUSED)["diameter: confusions in 50"]


def test_undecided_counts_where_the_rim_is_seen() -> None:
    hidden = replace(UNDECIDED, rim_fraction=0.4)
    assert _goals(*[RIGHT] * 40, *[hidden] * 10)["diameter: undecided"]
    assert not _goals(*[RIGHT] * 40, *[UNDECIDED] * 10)["diameter: undecided"]
    assert not UNDECIDED.is_confused


def test_the_bench_runs_both_kinds() -> None:
    found = identity(2, 0, unheard, n_processes=1)
    trials = found.data["trials"]
    assert isinstance(trials, list)
    assert [trial["varied"] for trial in trials] == ["diameter"] * 2 + ["bevel"] * 2
    assert not any(RIGHT.__class__(**trial).is_confused for trial in trials)
