"""Marked areas as lines of the picture: around their tissue, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.display.header import frame_header
from pipeline.overlay.canvas import blank_canvas
from pipeline.overlay.marked_areas import MarkedAreas, dashes, marked_lines
from pipeline.overlay.palette import AREA_AT_RISK_LINE, KEEP_OUT_LINE
from pipeline.sinks.sink import FrameResult
from tests.builders_coverage import AREA_MM, uncovered
from tests.builders_results import Geometry, make_context
from tracking.area import MarkedArea
from tracking.arrays import Float
from tracking.marks import AREA_AT_RISK, Marks, keep_out_name
from tracking.survey_alignment import SurveyStatus
from tracking.transforms import rigid

LIVER = keep_out_name("liver")
LINE_PX = 1.5


def disc(radius_mm: float = AREA_MM) -> Float:
    """Points of a disc in the plane z = 0, half a millimetre apart."""
    grid = np.arange(-radius_mm, radius_mm + 0.1, 0.5)
    x, y = (g.ravel() for g in np.meshgrid(grid, grid))
    inside = np.hypot(x, y) <= radius_mm
    return np.stack([x[inside], y[inside], 0 * x[inside]], axis=1)


def marked(name: str = AREA_AT_RISK) -> FrameResult:
    """A disc at the middle of the exit, in a survey that lies in camera space."""
    result = uncovered((0.0, 0.0), Geometry())
    pose = result.record.registration.camera_from_applicator
    assert pose is not None
    points = disc() @ pose[:3, :3].T + pose[:3, 3]
    area = MarkedArea(points, np.full(len(points), 1 / len(points)), 0.5, np.eye(3) * 0.01)
    survey = result.record.survey.survey
    assert survey is not None
    return replace(result, marks=Marks(((name, area),), survey.origin_frame_index))


def rim_px(result: FrameResult) -> Float:
    pose = result.record.registration.camera_from_applicator
    assert pose is not None
    angle = np.linspace(0, 2 * np.pi, 200)
    ring = AREA_MM * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    points = ring @ pose[:3, :3].T + pose[:3, 3]
    return result.source_frame.frame.intrinsics.project(points)


def test_the_line_lies_around_the_tissue() -> None:
    result = marked()
    [line] = marked_lines(result)[AREA_AT_RISK]
    rim = rim_px(result)
    apart = np.linalg.norm(line[:, None] - rim[None], axis=2)
    assert apart.min(axis=1).max() < LINE_PX
    assert apart.min(axis=0).max() < 3 * LINE_PX  # all the way around, corners being apart


def test_it_goes_with_the_survey() -> None:
    result = marked()
    [before] = marked_lines(result)[AREA_AT_RISK]
    survey = result.record.survey
    assert survey.survey_from_camera is not None
    moved = survey.survey_from_camera @ rigid(np.eye(3), np.array([10.0, 0.0, 0.0]))
    shifted = replace(survey, survey_from_camera=moved)  # the camera went 10 mm to its right
    now = replace(result, record=replace(result.record, survey=shifted))
    [after] = marked_lines(now)[AREA_AT_RISK]
    assert after[:, 0].mean() < before[:, 0].mean() - 3.0
    assert after[:, 1].mean() == pytest.approx(before[:, 1].mean(), abs=1.0)


@pytest.mark.parametrize("how", ["lost", "other survey", "sliding", "none"])
def test_where_its_tissue_is_not_known_there_is_no_line(how: str) -> None:
    result = marked()
    survey = result.record.survey
    if how == "other survey":
        result = replace(result, marks=replace(result.marks, origin_frame_index=7777))
    elif how == "none":
        result = replace(result, marks=Marks())
    else:
        changed = (
            replace(survey, status=SurveyStatus.STALE)
            if how == "lost"
            else replace(survey, in_plane_observable=False)
        )
        result = replace(result, record=replace(result.record, survey=changed))
    assert not any(marked_lines(result).values())
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    before = canvas.pixels.copy()
    MarkedAreas().draw(canvas, result, make_context())
    assert (canvas.pixels == before).all()


@pytest.mark.parametrize(
    ("name", "colour"), [(AREA_AT_RISK, AREA_AT_RISK_LINE), (LIVER, KEEP_OUT_LINE)]
)
def test_the_overlay_shows_it(name: str, colour: tuple[int, int, int]) -> None:
    result = marked(name)
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    MarkedAreas().draw(canvas, result, make_context())
    assert (canvas.picture == colour).all(axis=2).sum() > 50


def test_dashes_leave_gaps_all_around() -> None:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    line = 50 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    found = list(dashes(line))
    drawn = sum(np.linalg.norm(np.diff(d, axis=0), axis=1).sum() for d in found)
    assert 0.5 < drawn / (2 * np.pi * 50) < 0.8
    assert len(found) == round(2 * np.pi * 50 / 14)


def areas_told(result: FrameResult, drawing: dict[str, Any] | None) -> dict[str, Any]:
    view = None if drawing is None else {"session": None, "drawing": drawing}
    made = frame_header(result, make_context(), sequence=1, picture=1, holds_lease=False, view=view)
    areas: dict[str, Any] = made["drawn_from"]["areas"]
    return areas


def test_the_page_is_told_of_what_the_plan_marks() -> None:
    told = areas_told(marked(), None)
    [line] = told["area_at_risk"]
    assert line[0] == line[-1]
    assert len(line) > 6
    [liver] = areas_told(marked(LIVER), None)["keep_out"]
    assert liver["name"] == "liver"


def test_what_people_drew_is_told_once() -> None:
    line = [[1.0, 1.0], [9.0, 1.0], [5.0, 7.0], [1.0, 1.0]]
    drawing = {
        "area_at_risk": [line],
        "keep_out": [{"name": "liver", "lines": [line]}],
        "draft": [],
    }
    assert areas_told(marked(), drawing) == drawing
    assert areas_told(marked(LIVER), drawing) == drawing
