from __future__ import annotations

import numpy as np
import pytest

import pipeline.benchmarks.display as bench
from pipeline.benchmarks.display import N_FRAMES, StillView, display, still_figures
from tests.builders import make_registration, pose_looking_at
from tracking.display_filter import DisplayState
from tracking.pose_change import changed_pose
from tracking.registration import Registration

SIGMAS = np.array([5e-4] * 3 + [0.1] * 3)
STEP_INDEX = 1  # six sigma


def still_registrations() -> list[Registration]:
    rng = np.random.default_rng(0)
    pose, covariance = pose_looking_at(), np.diag(SIGMAS**2)
    return [
        make_registration(changed_pose(pose, rng.normal(0.0, SIGMAS)), covariance)
        for _ in range(N_FRAMES)
    ]


def drawn_as_measured(
    _state: DisplayState | None, registration: Registration, stamp_ns: int
) -> DisplayState:
    assert registration.camera_from_applicator is not None
    return DisplayState(registration.camera_from_applicator, np.eye(6), (), stamp_ns)


def never_moving(
    state: DisplayState | None, registration: Registration, stamp_ns: int
) -> DisplayState:
    return state or drawn_as_measured(state, registration, stamp_ns)


def test_the_filter_meets_both_goals_on_its_own_noise() -> None:
    view = still_figures(0, still_registrations())
    assert view.axis_reduction > 3.0
    assert view.exit_reduction > 3.0
    assert np.mean(view.lags[STEP_INDEX]) < 2.0


def test_without_a_filter_nothing_is_reduced_and_nothing_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench, "follow", drawn_as_measured)
    view = still_figures(0, still_registrations())
    assert view.axis_reduction == pytest.approx(1.0)
    assert view.exit_reduction == pytest.approx(1.0)
    assert np.max(view.lags) == pytest.approx(0.0, abs=1e-9)


def test_a_picture_that_stands_still_is_as_late_as_the_run_is_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = still_registrations()
    monkeypatch.setattr(bench, "follow", never_moving)
    monkeypatch.setattr(bench, "_exit_jitter_mm", lambda _: 1.0)
    monkeypatch.setattr(bench, "_axis_jitter_deg", lambda _: 1.0)
    lags = np.array(still_figures(0, frames).lags)
    assert lags[:, 0] == pytest.approx(N_FRAMES - bench.SETTLED)


@pytest.mark.parametrize(
    ("drawn_mm", "lag", "met"), [(0.03, 0.5, [True, True]), (0.05, 2.5, [False, False])]
)
def test_goals_are_judged_by_the_worst_view(
    monkeypatch: pytest.MonkeyPatch, drawn_mm: float, lag: float, met: list[bool]
) -> None:
    views = [
        StillView(0, (0.1, 0.01), (0.1, 0.01), ((0.1,),) * 3),
        StillView(1, (0.1, 0.01), (0.1, drawn_mm), ((2 * lag - 0.1,),) * 3),
    ]
    monkeypatch.setattr(bench, "still_view", lambda piece: views[piece[1]])
    findings = display(2, 0, lambda _done, _all: None, n_processes=1)
    assert [goal.is_met for goal in findings.goals] == met
    assert [len(table.rows) for table in findings.tables] == [2, 3]


def test_without_a_view_nothing_is_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "still_view", lambda _: None)
    findings = display(2, 0, lambda _done, _all: None, n_processes=1)
    assert not any(goal.is_met for goal in findings.goals)
