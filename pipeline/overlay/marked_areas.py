"""What the plan marks on the bed, where it lies in the live picture: area at risk, keep-out.

A marked area is known by points on its surface; its outline is drawn around them.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from math import ceil

import cv2
import numpy as np

from pipeline.overlay.canvas import Canvas
from pipeline.overlay.palette import AREA_AT_RISK_LINE, KEEP_OUT_LINE
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.area import MarkedArea
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.drawn_area import tissue_camera_mm
from tracking.marks import AREA_AT_RISK
from tracking.survey_alignment import AlignedSurvey

STEP_PX = 0.7  # of the line from the outermost pixels
DASH_PX, PERIOD_PX = 9.0, 14.0
WIDTH_PX = 2


class MarkedAreas:
    """Dashed outlines; nothing where it cannot be told where their tissue lies."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw every area that the frame's survey carries."""
        for name, lines in marked_lines(result).items():
            colour = AREA_AT_RISK_LINE if name == AREA_AT_RISK else KEEP_OUT_LINE
            for line in lines:
                for dash in dashes(line):
                    canvas.polyline(dash, colour, WIDTH_PX)


def marked_lines(
    result: FrameResult, known: Container[str] = frozenset()
) -> dict[str, list[Float]]:
    """Outlines (n, 2) px in the depth grid of every marked area but those `known`, by its name."""
    marks, survey = result.marks, result.record.survey
    held = survey.survey
    if held is None or held.origin_frame_index != marks.origin_frame_index:
        return {}
    intrinsics = result.source_frame.frame.intrinsics
    return {
        name: outlines_px(area, survey, intrinsics)
        for name, area in marks.areas
        if name not in known
    }


def dashes(line: Float) -> Iterator[Float]:
    """Pieces of a closed line, evenly long."""
    closed = np.concatenate([line, line[:1]])
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    n_dashes = max(1, round(float(length[-1]) / PERIOD_PX))
    period = float(length[-1]) / n_dashes
    for start in np.arange(n_dashes) * period:
        inside = (length > start) & (length < start + DASH_PX)
        at = np.concatenate([[start], length[inside], [min(start + DASH_PX, length[-1])]])
        yield np.stack([np.interp(at, length, closed[:, k]) for k in (0, 1)], axis=1)


def outlines_px(
    area: MarkedArea, survey: AlignedSurvey, intrinsics: CameraIntrinsics
) -> list[Float]:
    """Outlines of one area; none where it cannot be told where its tissue lies."""
    points = tissue_camera_mm(area.points_survey_mm, survey)
    if points is None:
        return []
    pixels = intrinsics.project(points)
    spacing_px = area.spacing_mm * intrinsics.fx / float(points[:, 2].min())
    reach = max(1, ceil(spacing_px))  # neighbours join where a disc of this radius closes the gap
    low = np.floor(pixels.min(axis=0)).astype(int) - 2 * reach
    high = np.ceil(pixels.max(axis=0)).astype(int) + 2 * reach + 1
    width, height = (high - low).tolist()
    if width > 4 * intrinsics.width or height > 4 * intrinsics.height:
        return []
    filled = np.zeros((height, width), np.uint8)
    u, v = np.rint(pixels - low).astype(int).T
    filled[v, u] = 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    filled = cv2.morphologyEx(filled, cv2.MORPH_CLOSE, disc)
    contours, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [c for c in contours if len(c) > 2 and cv2.contourArea(c) > reach**2]
    return [cv2.approxPolyDP(c, STEP_PX, True)[:, 0] + low.astype(np.float64) for c in large]
