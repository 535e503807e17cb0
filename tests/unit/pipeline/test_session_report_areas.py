from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from pipeline.overlay.canvas import blank_canvas
from pipeline.session_report.areas import AreaLines, outlines, seen_areas
from pipeline.session_report.pictures import LAYERS
from pipeline.session_report.surface_view import surface_png
from pipeline.sinks.sink import FrameResult
from tests.builders_results import make_context
from tests.builders_survey import make_survey
from tests.session_report_parts import BEAM_ON, IN_FORCE, frame
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


def _lines(result: FrameResult) -> bytes:
    """The layer alone, on an empty canvas."""
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    AreaLines().draw(canvas, result, make_context())
    return canvas.pixels.tobytes()


class TestLayer:
    def test_what_is_marked_is_drawn_and_told_apart(self) -> None:
        risk, keep_out, bare = _marked(), _marked("keep_out.rib"), _marked(origin=7)
        assert len({_lines(risk), _lines(keep_out), _lines(bare)}) == 3
        assert [seen_areas(r)[0].is_at_risk for r in (risk, keep_out)] == [True, False]

    def test_an_area_behind_the_camera_is_left_out(self) -> None:
        result = _marked()
        (name, area), *_ = result.marks.areas
        behind = replace(area, points_survey_mm=area.points_survey_mm * [1, 1, -1])
        gone = replace(result, marks=Marks(((name, behind),), 0))
        assert _lines(gone) == _lines(_marked(origin=7))

    def test_it_is_in_the_reports_view(self) -> None:
        assert any(isinstance(layer, AreaLines) for layer in LAYERS)


def test_the_field_shows_what_is_marked_and_gives_the_same_bytes_again() -> None:
    context = make_context()
    names = (AREA_AT_RISK, AREA_AT_RISK, "keep_out.rib")
    risk, again, keep_out = (surface_png(_marked(name), context) for name in names)
    assert risk == again
    assert len({risk, keep_out, surface_png(_marked(origin=7), context)}) == 3
