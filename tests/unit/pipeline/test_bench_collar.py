"""`bench collar` and `bench fiducial`: what counts, and what fails a goal."""

from __future__ import annotations

from dataclasses import replace

from pipeline.benchmarks import fiducial
from pipeline.benchmarks.collar import ViewResult
from pipeline.benchmarks.collar import findings as collar_findings
from pipeline.benchmarks.fiducial import MOTIONS, SequenceResult
from pipeline.benchmarks.fiducial import findings as fiducial_findings
from recordings.simulation.collar_views import GOOD
from tracking.fiducial import FiducialStatus

READ = ViewResult(
    GOOD.name, 800.0, 45.0, 9, 14.0, 0.1, 0.01, 0.7, 0.2, 1.0, 1.7, 0.5, 3.4, named=True
)
MISSED = ViewResult(GOOD.name, 800.0, 45.0, 1, 3.0)


def unmet(*results: ViewResult) -> set[str]:
    return {goal.name for goal in collar_findings(results).goals if not goal.is_met}


def test_views_that_are_read_within_their_bounds_meet_every_goal() -> None:
    assert unmet(*[READ] * 100) == set()


def test_a_missed_collar_and_a_weak_one_count_against_the_rate() -> None:
    assert unmet(*[READ] * 90, *[MISSED] * 10) == {
        "read, good light",
        "read and counted, good light",
    }
    weak = replace(READ, ring_bound_mm=2.1)
    assert unmet(*[READ] * 90, *[weak] * 10) == {"read and counted, good light"}


def test_errors_outside_the_bound_and_a_wrong_name_fail() -> None:
    outside = replace(READ, exit_mm=3.5)
    assert unmet(*[READ] * 90, *[outside] * 10) == {"exit within its 99 % bound"}
    assert unmet(*[READ] * 99, replace(READ, named=False)) == {"named as another, or not named"}


def test_nothing_read_meets_no_goal_about_errors() -> None:
    assert {"ring within its 99 % bound", "read, good light"} <= unmet(MISSED)


def sequence(motion: str, status: FiducialStatus, n: int = 100) -> SequenceResult:
    return SequenceResult(motion, {status.value: n}, None, None, 0.06, 3.0)


def test_a_false_alarm_and_a_missed_motion_fail_their_goals() -> None:
    name = MOTIONS[0].name
    good = [
        sequence(fiducial.IN_PLACE.name, FiducialStatus.IN_PLACE),
        sequence(name, FiducialStatus.MOVED),
    ]
    assert all(goal.is_met for goal in fiducial_findings(good).goals)
    alarm = [sequence(fiducial.IN_PLACE.name, FiducialStatus.MOVED), good[1]]
    assert [goal.is_met for goal in fiducial_findings(alarm).goals] == [False, False, True, True]
    missed = [good[0], sequence(name, FiducialStatus.IN_PLACE)]
    assert [goal.is_met for goal in fiducial_findings(missed).goals] == [True, True, False, False]


def test_a_short_run_watches_every_motion() -> None:
    piece = (MOTIONS[-1], 0, 0, 2)
    found = fiducial._run(piece)
    assert found.counts == {FiducialStatus.MOVED.value: 2}
    assert found.first_moved == 1
