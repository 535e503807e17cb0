"""The value that says where the survey lies, and the motion that its covariance is of."""

from __future__ import annotations

import numpy as np
import pytest

from tests.survey_scene import HOME_MAP, INTRINSICS
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.survey_motion import Companion, Equations, solve_motion
from tracking.transforms import rigid, rotate_about, rotation_from_vector, transform_points

POSE = rigid(rotation_from_vector([0.1, -0.2, 0.05]), [5.0, -8.0, 12.0])
PIVOT = np.array([10.0, 20.0, 500.0])
EXACT_MM = 1e-6  # of a turn of 1e-5 rad: its square at 200 mm


def aligned(**changes: object) -> AlignedSurvey:
    values: dict[str, object] = {
        "status": SurveyStatus.OK,
        "survey": HOME_MAP,
        "survey_from_camera": POSE,
        "covariance": np.eye(6),
        "pivot_camera_mm": PIVOT,
    }
    return AlignedSurvey(**(values | changes))  # type: ignore[arg-type]


def test_none_is_the_default() -> None:
    assert AlignedSurvey().status is SurveyStatus.NONE
    assert not AlignedSurvey().is_ok


@pytest.mark.parametrize(
    "changes",
    [
        {"survey": None},
        {"status": SurveyStatus.NONE},
        {"covariance": None},
        {"survey_from_camera": None},
        {"pivot_camera_mm": None},
        {"covariance": np.full((6, 6), np.nan)},
        {"survey_from_camera": np.diag([1.0, 1.0, -1.0, 1.0])},
        {"survey_from_camera": None, "covariance": None, "pivot_camera_mm": None},
    ],
)
def test_contradictions_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        aligned(**changes)


def test_points_follow_the_small_motion() -> None:
    points = np.array([[0.0, 0.0, 480.0], [60.0, -30.0, 520.0], [-90.0, 10.0, 400.0]])
    motion = np.array([1e-5, -2e-5, 1.5e-5, 0.01, -0.02, 0.03])
    exact = transform_points(rotate_about(PIVOT, motion[:3]), points) + motion[3:]
    linear = points + aligned().motion_of(points) @ motion
    assert linear == pytest.approx(exact, abs=EXACT_MM)


def test_map_points_come_into_the_live_camera() -> None:
    cells = HOME_MAP.is_bed
    in_survey = transform_points(POSE, aligned().points_camera_mm(cells))
    assert in_survey == pytest.approx(HOME_MAP.points_survey_mm(cells))
    pixels = HOME_MAP.grid.project(HOME_MAP.points_survey_mm(cells))
    assert pixels == pytest.approx(np.argwhere(cells)[:, ::-1])
    assert HOME_MAP.grid.width < INTRINSICS.width


def equations(diagonal: list[float], pretended: list[float] | None = None) -> Equations:
    pretended = [0.0] * 6 if pretended is None else pretended
    return Equations(np.diag(diagonal), np.array([0.0] * 5 + [1.0]), np.diag(pretended))


def test_what_noise_pretends_is_not_information() -> None:
    full = [1e6, 1e6, 1e6, 100.0, 1.0, 1.0]
    honest = solve_motion(equations(full), [])
    assert np.diag(honest.covariance)[3:] == pytest.approx([0.01, 1.0, 1.0])
    pretended = solve_motion(equations(full, [0.0, 0.0, 0.0, 0.0, 0.99, 0.0]), [])
    assert np.diag(pretended.covariance)[4] > 100.0
    assert np.diag(pretended.covariance)[5] == pytest.approx(1.0)


def test_an_unknown_direction_is_left_alone() -> None:
    solved = solve_motion(equations([1e6] * 3 + [100.0, 100.0, 0.0]), [])
    assert solved.step[5] == 0.0
    assert solved.covariance[5, 5] > 100.0


def test_an_unknown_direction_is_taken_back_to_where_the_map_rests() -> None:
    away = np.array([0.01, 0.0, 0.0, 1.0, 2.0, 5.0])
    solved = solve_motion(equations([1e6] * 3 + [100.0, 100.0, 0.0]), [], away)
    assert solved.step == pytest.approx([0.0] * 5 + [-5.0])
    assert solved.n_untold == 1


def test_surroundings_tell_no_more_than_their_own_motion_allows() -> None:
    sure = equations([1e12] * 3 + [1e8] * 3)
    solved = solve_motion(equations([1e6] * 3 + [100.0, 0.0, 0.0]), [Companion(sure, 0.005, 1.0)])
    assert np.diag(solved.covariance)[4:] == pytest.approx([1.0, 1.0], rel=1e-3)
    assert np.diag(solved.covariance)[3] < 0.01 + 1e-9
