from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import INTRINSICS, NOISE
from tests.builders_survey import make_survey
from tests.workflow_parts import BED, POSE, SURVEY, another_survey, square_px
from tracking.arrays import Float
from tracking.drawn_area import BOUNDARY_STEP_PX, DrawnArea, SurveySight, place_drawing
from tracking.outline import Outline
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

LINE_PX = 0.2  # of a line that goes to the surface and back through the same camera
ON_BED_MM = 0.15  # cells of the map, smoothed, against the exact bed
MOVED = rigid(rotation_from_vector(np.radians([4.0, -6.0, 3.0])), [40.0, -25.0, 30.0])


def outline(frame_index: int = 7) -> Outline:
    return Outline(frame_index, tuple((u, v) for u, v in square_px()))


def sight(survey: AlignedSurvey = SURVEY, frame_index: int = 7) -> SurveySight:
    found = SurveySight.of(frame_index, survey)
    assert found is not None
    return found


def drawn(survey: AlignedSurvey = SURVEY) -> DrawnArea:
    found = place_drawing(outline(), sight(), survey, INTRINSICS, NOISE)
    assert found is not None
    return found


def line(area: DrawnArea, survey: AlignedSurvey) -> Float:
    found = area.line_px(survey, INTRINSICS)
    assert found is not None
    return found


def off_outline_px(points: Float) -> Float:
    """Distance of each point from the drawn square's sides."""
    start = outline().corners_px
    side = np.roll(start, -1, axis=0) - start
    along = np.einsum("nkd,kd->nk", points[:, None] - start, side) / (side**2).sum(axis=1)
    nearest = start + np.clip(along, 0, 1)[..., None] * side
    distance: Float = np.linalg.norm(points[:, None] - nearest, axis=2).min(axis=1)
    return distance


def moved_survey() -> AlignedSurvey:
    """The same survey in a frame of a camera that has moved."""
    assert SURVEY.survey_from_camera is not None
    return replace(SURVEY, survey_from_camera=SURVEY.survey_from_camera @ MOVED)


def test_in_its_own_frame_the_line_is_the_drawn_one_and_closes() -> None:
    points = line(drawn(), SURVEY)
    assert off_outline_px(points).max() < LINE_PX
    gaps = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
    assert gaps.max() < BOUNDARY_STEP_PX + LINE_PX


def test_the_line_lies_on_the_bed() -> None:
    x, y, z = transform_points(invert(POSE), drawn().boundary_survey_mm).T
    above = z - (BED[0] + BED[1] * x + BED[2] * y)
    assert np.abs(above).max() < ON_BED_MM
    assert np.abs(x).max() == pytest.approx(12.0, abs=ON_BED_MM)


def test_it_stays_on_its_tissue_when_the_camera_moves() -> None:
    area, survey = drawn(), moved_survey()
    tissue = transform_points(invert(MOVED), area.boundary_survey_mm)  # survey = first camera
    expected = INTRINSICS.project(tissue)
    assert np.abs(line(area, survey) - expected).max() < 1e-6


def test_a_line_drawn_on_a_frame_that_has_passed_lies_where_it_lay_then() -> None:
    later = place_drawing(outline(), sight(), moved_survey(), INTRINSICS, NOISE)
    assert later is not None
    assert np.allclose(later.boundary_survey_mm, drawn().boundary_survey_mm, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"in_plane_observable": False},
        {"status": SurveyStatus.STALE},
    ],
)
def test_where_it_cannot_be_told_where_the_tissue_lies_no_line_is_drawn(
    change: dict[str, object],
) -> None:
    survey = replace(SURVEY, **change)  # type: ignore[arg-type]
    assert drawn().line_px(survey, INTRINSICS) is None


def test_another_survey_or_none_has_lost_it() -> None:
    assert drawn().line_px(another_survey(), INTRINSICS) is None
    assert drawn().line_px(AlignedSurvey(), INTRINSICS) is None


def test_behind_the_camera_nothing_is_drawn() -> None:
    turned = rigid(rotation_from_vector([np.pi, 0.0, 0.0]), np.zeros(3))
    assert SURVEY.survey_from_camera is not None
    survey = replace(SURVEY, survey_from_camera=SURVEY.survey_from_camera @ turned)
    assert drawn().line_px(survey, INTRINSICS) is None


class TestRefused:
    def test_of_another_frame_than_was_seen(self) -> None:
        assert place_drawing(outline(8), sight(), SURVEY, INTRINSICS, NOISE) is None

    def test_without_a_map(self) -> None:
        assert place_drawing(outline(), sight(), AlignedSurvey(), INTRINSICS, NOISE) is None

    def test_of_a_frame_in_which_another_survey_was_seen(self) -> None:
        assert place_drawing(outline(), sight(), another_survey(), INTRINSICS, NOISE) is None

    def test_off_the_surveyed_bed(self) -> None:
        elsewhere = make_survey(BED, POSE, known=(40.0, 90.0))
        assert place_drawing(outline(), sight(), elsewhere, INTRINSICS, NOISE) is None

    def test_where_sliding_could_not_be_told(self) -> None:
        unsure = replace(sight(), in_plane_observable=False)
        assert place_drawing(outline(), unsure, SURVEY, INTRINSICS, NOISE) is None

    @pytest.mark.parametrize(
        "survey", [AlignedSurvey(), replace(SURVEY, status=SurveyStatus.STALE)]
    )
    def test_a_frame_that_does_not_show_where_the_survey_lies_is_none(
        self, survey: AlignedSurvey
    ) -> None:
        assert SurveySight.of(7, survey) is None
