"""Outlines of what is marked on the bed, as seen in one frame.

A marked area is a set of points on the surface: its outline is that of the discs around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.overlay.canvas import Canvas
from pipeline.overlay.cone import in_front
from pipeline.overlay.palette import OUTSIDE, WHITE
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import Float
from tracking.marks import AREA_AT_RISK
from tracking.transforms import invert, transform_points

CELLS_PER_RADIUS = 4.0  # of the discs: their outline is rough to a fifth of the spacing
DISC_SHARE = 1.0  # of the spacing: discs leave no holes, and reach half a spacing too far
MAX_CELLS = 4000  # to a side; no picture or field needs more
LINE_PX = 2


@dataclass(frozen=True, eq=False)
class SeenArea:
    """One marked area in the frame's camera space, (n, 3) in mm."""

    name: str
    points_camera_mm: Float
    spacing_mm: float

    @property
    def is_at_risk(self) -> bool:
        """Whether it has to be covered; else it is to be kept out."""
        return self.name == AREA_AT_RISK


def seen_areas(result: FrameResult) -> tuple[SeenArea, ...]:
    """The areas that this frame's survey carries; none without one."""
    survey, marks = result.record.survey, result.marks
    if not survey.is_ok or survey.survey is None or survey.survey_from_camera is None:
        return ()
    if marks.origin_frame_index != survey.survey.origin_frame_index:
        return ()
    camera_from_survey = invert(survey.survey_from_camera)
    return tuple(
        SeenArea(name, transform_points(camera_from_survey, area.points_survey_mm), area.spacing_mm)
        for name, area in marks.areas
    )


def outlines(points: Float, radius: float) -> Iterator[Float]:
    """Closed lines (m, 2) around discs of `radius` about points (n, 2), in the points' unit."""
    if len(points) == 0 or not radius > 0:
        return
    low, high = points.min(axis=0) - 2 * radius, points.max(axis=0) + 2 * radius
    scale = min(CELLS_PER_RADIUS / radius, MAX_CELLS / float((high - low).max()))
    width, height = np.ceil((high - low) * scale).astype(int) + 1
    mask = np.zeros((height, width), np.uint8)
    reach = max(1, round(radius * scale))
    for u, v in np.round((points - low) * scale).astype(int):
        cv2.circle(mask, (int(u), int(v)), reach, 255, cv2.FILLED)
    found, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for line in found:
        yield line[:, 0].astype(np.float64) / scale + low


class AreaLines:
    """A layer of the overlay: white around the area at risk, orange around what to keep out."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw nothing where nothing is marked, or the survey is not held."""
        intrinsics = result.source_frame.frame.intrinsics
        for area in seen_areas(result):
            points = in_front(area.points_camera_mm)
            if len(points) == 0:
                continue
            per_mm = intrinsics.fx / float(np.median(points[:, 2]))
            colour = WHITE if area.is_at_risk else OUTSIDE
            radius_px = DISC_SHARE * area.spacing_mm * per_mm
            for line in outlines(intrinsics.project(points), radius_px):
                canvas.polyline(line, colour, LINE_PX, is_closed=True)
