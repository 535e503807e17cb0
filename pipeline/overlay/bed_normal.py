"""The bed's outward normal at the field centre, as an arrow."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.overlay.canvas import Canvas
from pipeline.overlay.cone import in_front
from pipeline.overlay.palette import BED_NORMAL, BLACK
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.arrays import Float
from tracking.bed import BedSurface
from tracking.transforms import transform_points

LENGTH_MM = 70.0


class BedNormal:
    """Arrow from the field's centre on the fitted bed along the bed's outward normal."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw nothing without a fitted bed and a pose."""
        record = result.record
        pose = result.drawn_pose
        if pose is None or not record.bed.is_ok:
            return
        points = in_front(transform_points(pose, normal_arrow(record.bed)))
        if len(points) < 2:
            return
        ends = canvas.to_picture(result.source_frame.frame.intrinsics.project(points))
        tail, tip = ((round(u), round(v)) for u, v in ends.tolist())
        for colour, width_px in ((BLACK, 7), (BED_NORMAL, 3)):
            cv2.arrowedLine(canvas.picture, tail, tip, colour, width_px, cv2.LINE_AA, 0, 0.18)


def normal_arrow(bed: BedSurface) -> Float:
    """Foot and tip of the arrow in applicator space, (2, 3); only where the bed is fitted."""
    if bed.coefficients is None:
        raise ValueError(f"no surface: {bed.status}")
    height, slope_x, slope_y = bed.coefficients[:3]
    normal = np.array([-slope_x, -slope_y, 1.0])
    foot = np.array([0.0, 0.0, height])
    ends = np.stack([foot, foot + LENGTH_MM * normal / np.linalg.norm(normal)])
    arrow: Float = ends @ bed.fit_from_applicator
    return arrow
