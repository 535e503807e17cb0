"""Frame results with an area at risk that the cone does not cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.sinks.sink import FrameResult
from tests.builders_results import LIMITS, Geometry, make_alignment, make_result
from tests.builders_survey import make_survey
from tracking.area import MarkedArea
from tracking.decision import Verdict
from tracking.marks import AREA_AT_RISK, Marks
from tracking.measurement import measured
from tracking.reasons import Reason
from tracking.transforms import transform_points

COVERED = replace(LIMITS, coverage_minimum_fraction=0.98)
AREA_MM = 12.0


def uncovered(
    centre_mm: tuple[float, float], geometry: Geometry, fraction: float = 0.6, sigma: float = 0.01
) -> FrameResult:
    """An area at risk about `centre_mm` of applicator x and y, on a flat bed at the exit."""
    alignment = replace(make_alignment(geometry), coverage_fraction=measured(fraction, sigma))
    result = make_result(Verdict.HOLD, (Reason.COVERAGE_LOW,), geometry, alignment=alignment)
    pose = result.record.registration.camera_from_applicator
    assert pose is not None
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(40)], axis=1) * AREA_MM
    points = transform_points(pose, ring + np.array([*centre_mm, 0.0]))
    survey = make_survey(np.zeros(6), pose, np.eye(4))
    area = MarkedArea(points, np.full(40, 1 / 40), 0.5, np.eye(3) * 0.01)
    return replace(
        result,
        record=replace(result.record, survey=survey),
        marks=Marks(((AREA_AT_RISK, area),), 0),
    )
