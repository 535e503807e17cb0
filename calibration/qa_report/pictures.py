"""Pictures of a run: the targets drawn over the view, and where the base's depth is off."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from calibration.qa.baseline import Baseline
from calibration.qa.frame_figures import Gathered
from calibration.qa.phantom import PhantomPose
from calibration.qa.run_record import Picture
from calibration.qa_report.base_map import base_map_png
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics

REFERENCE_RGB, NOW_RGB = (255, 196, 0), (0, 200, 120)
N_SPOKES = 48
RADIUS_MM = 30.0  # of the circles that mark both ends


def run_pictures(
    gathered: Gathered, baseline: Baseline, now: PhantomPose | None
) -> tuple[Picture, ...]:
    """Overlay and map of the base; what was not seen is left out."""
    frame = gathered.last
    if frame is None:
        return ()
    found = [Picture("targets", _png(_overlay(gathered, baseline, now)))]
    if gathered.expected_mm is not None and gathered.free is not None:
        found.append(Picture("deviation", base_map_png(gathered, baseline, gathered.expected_mm)))
    return tuple(found)


def _overlay(gathered: Gathered, baseline: Baseline, now: PhantomPose | None) -> UInt8:
    frame = gathered.last
    if frame is None:
        raise ValueError("no frame")
    if frame.color_rgb is not None:
        canvas = np.ascontiguousarray(frame.color_rgb)
    else:
        grey = np.clip(frame.depth_mm / max(1.0, float(frame.depth_mm.max())), 0, 1) * 255
        canvas = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    canvas = canvas.copy()
    for pose, rgb, width in ((baseline.phantom, REFERENCE_RGB, 3), (now, NOW_RGB, 1)):
        if pose is not None:
            _draw(canvas, pose, frame.intrinsics, rgb, width)
    return canvas


def _draw(
    canvas: UInt8,
    pose: PhantomPose,
    intrinsics: CameraIntrinsics,
    rgb: tuple[int, int, int],
    width: int,
) -> None:
    """Circles at both ends and the axis between them."""
    ends = (pose.exit_mm, pose.ring_mm)
    for end in ends:
        points = _circle(end, pose.axis)
        if (points[:, 2] > 0).all():
            corners = np.round(intrinsics.project(points) * 8).astype(np.int32)
            cv2.polylines(canvas, [corners], True, rgb, width, cv2.LINE_AA, shift=3)
    if min(end[2] for end in ends) > 0:
        (u0, v0), (u1, v1) = np.round(intrinsics.project(np.array(ends))).astype(int).tolist()
        cv2.line(canvas, (u0, v0), (u1, v1), rgb, width, cv2.LINE_AA)


def _circle(centre: Float, axis: Float) -> Float:
    side = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    side /= np.linalg.norm(side)
    angle = np.arange(N_SPOKES) * (2 * np.pi / N_SPOKES)
    found: Float = centre + RADIUS_MM * (
        np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(axis, side)
    )
    return found


def _png(picture: UInt8) -> bytes:
    out = BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()
