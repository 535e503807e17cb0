"""Registration says whether a pose was tracked from the previous one or searched anew."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import INTRINSICS, NOISE, View, make_applicator, make_view, pose_looking_at
from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.frame_view import FrameView
from tracking.pose_change import changed_pose
from tracking.register import register
from tracking.registration import PoseStart, Registration

POSE = pose_looking_at()
APPLICATOR = make_applicator()


@pytest.fixture(scope="module")
def view() -> View:
    return make_view(APPLICATOR, POSE, seed=3)


def found(view: View, prior: Float | None) -> Registration:
    model = ConeModel(APPLICATOR)
    return register(model, view.segmentation, view.depth_mm, INTRINSICS, NOISE, prior)


def test_a_pose_close_to_the_previous_one_was_tracked(view: View) -> None:
    prior = changed_pose(POSE, np.array([0.01, -0.01, 0.0, 1.0, 2.0, -1.0]))
    registration = found(view, prior)
    assert registration.is_ok
    assert registration.start is PoseStart.TRACKED


def test_without_a_previous_pose_it_was_searched(view: View) -> None:
    registration = found(view, None)
    assert registration.is_ok
    assert registration.start is PoseStart.SEARCHED


def test_a_previous_pose_that_does_not_hold_is_searched_anew(view: View) -> None:
    registration = found(view, changed_pose(POSE, np.array([0.0, 0.0, 0.0, 200.0, 0.0, 0.0])))
    assert registration.is_ok
    assert registration.start is PoseStart.SEARCHED


@pytest.mark.parametrize(
    ("turn_deg", "expected"), [(None, True), (0.0, False), (10.0, False), (30.0, True)]
)
def test_a_roll_is_new_without_a_previous_pose_or_where_it_had_another(
    turn_deg: float | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def remember(_view: FrameView, result: Registration, *, is_new: bool) -> Registration:
        asked.append(is_new)
        return result

    monkeypatch.setattr("tracking.register.with_known_roll", remember)
    bevelled = make_applicator(60.0, 15.0)
    view, prior = make_view(bevelled, POSE, seed=3), None
    if turn_deg is not None:
        turn = np.concatenate([POSE[:3, 2] * np.radians(turn_deg), np.zeros(3)])
        prior = changed_pose(POSE, turn)
    register(ConeModel(bevelled), view.segmentation, view.depth_mm, INTRINSICS, NOISE, prior)
    assert asked == [expected]
