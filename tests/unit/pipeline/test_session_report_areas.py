from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from pipeline.session_report.areas import outlines, seen_areas
from pipeline.session_report.build import build_facts
from pipeline.session_report.gather import Gatherer
from pipeline.session_report.pictures import session_pictures
from pipeline.session_report.surface_view import surface_png
from pipeline.sinks.sink import FrameResult
from tests.builders_results import make_context
from tests.builders_survey import make_survey
from tests.session_report_parts import BEAM_ON, IN_FORCE, TOLD, frame
from tracking.area import MarkedArea
from tracking.arrays import Float
from tracking.marks import AREA_AT_RISK, Marks
from tracking.transforms import transform_points

SPACING_MM = 1.0
RADIUS_MM = 15.0


def _disc(radius_mm: float) -> Float:
    """Points (n, 2) of a square grid inside a circle."""
    across = np.arange(-radius_mm, radius_mm + SPACING_MM, SPACING_MM)
    points: Float = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
    inside: Float = points[np.hypot(points[:, 0], points[:, 1]) <= radius_mm]
    return inside


def _marked(name: str = AREA_AT_RISK, origin: int = 0) -> FrameResult:
    """The frame at beam on, with a disc marked on the bed around the axis."""
    result = frame(BEAM_ON)
    record = result.record
    bed, pose = record.bed.coefficients, record.registration.camera_from_applicator
    assert bed is not None
    assert pose is not None
    survey = make_survey(bed, pose)
    flat = _disc(RADIUS_MM)
    heights = -IN_FORCE.config.applicator.bevel_slope * flat[:, :1]
    points = transform_points(pose, np.concatenate([flat, heights], axis=1))
    weights = np.full(len(points), 1 / len(points))
    area = MarkedArea(points, weights, SPACING_MM, np.eye(3) * 0.01)
    marks = Marks(((name, area),), origin)
    return replace(result, record=replace(record, survey=survey), marks=marks)


class TestOutlines:
    def test_a_disc_has_one_outline_of_its_size(self) -> None:
        (line,) = outlines(_disc(RADIUS_MM), SPACING_MM)
        sizes = np.hypot(line[:, 0], line[:, 1])
        assert sizes.min() >= RADIUS_MM - 1.5
        assert sizes.max() <= RADIUS_MM + 1.5
        assert abs(cv2.contourArea(line.astype(np.float32)) / (np.pi * RADIUS_MM**2) - 1) < 0.2

    def test_two_pieces_have_two_outlines_and_a_dent_stays(self) -> None:
        disc = _disc(RADIUS_MM)
        apart = np.concatenate([disc, disc + np.array([100.0, 0.0])])
        assert len(list(outlines(apart, SPACING_MM))) == 2
        dented = disc[~((np.abs(disc[:, 1]) < 4) & (disc[:, 0] > 0))]
        (line,) = outlines(dented, SPACING_MM)
        assert not cv2.isContourConvex(line.astype(np.float32))
        assert cv2.pointPolygonTest(line.astype(np.float32), (8.0, 0.0), measureDist=False) < 0

    def test_nothing_has_none(self) -> None:
        assert list(outlines(np.zeros((0, 2)), 1.0)) == []


class TestSeenAreas:
    def test_an_area_of_another_survey_is_not_shown(self) -> None:
        assert [area.name for area in seen_areas(_marked())] == [AREA_AT_RISK]
        assert seen_areas(_marked(origin=7)) == ()

    def test_without_a_survey_nothing_is_shown(self) -> None:
        result = _marked()
        bare = replace(result, record=frame(BEAM_ON).record)
        assert seen_areas(bare) == ()


class TestPictures:
    def test_what_is_marked_is_drawn_in_both_pictures(self) -> None:
        context = make_context()
        marked, other = _marked(), _marked(origin=7)
        views = [session_pictures(result, context)[0].png for result in (marked, other)]
        assert views[0] != views[1]
        assert surface_png(marked, context) != surface_png(other, context)

    def test_risk_and_keep_out_are_told_apart(self) -> None:
        context = make_context()
        risk, keep_out = _marked(), _marked("keep_out.rib")
        assert surface_png(risk, context) != surface_png(keep_out, context)
        assert not seen_areas(keep_out)[0].is_at_risk

    def test_an_area_behind_the_camera_is_left_out(self) -> None:
        result = _marked()
        (name, area), *_ = result.marks.areas
        behind = replace(area, points_survey_mm=area.points_survey_mm * [1, 1, -1])
        gone = replace(result, marks=Marks(((name, behind),), 0))
        bare = replace(result, marks=Marks((), 0))
        context = make_context()
        assert session_pictures(gone, context)[0].png == session_pictures(bare, context)[0].png

    def test_the_same_frame_gives_the_same_bytes(self) -> None:
        found = []
        for _ in range(2):
            gathered = Gatherer()
            gathered.emit(_marked(), IN_FORCE)
            found.append(build_facts(gathered, TOLD))
        assert found[0] == found[1]
