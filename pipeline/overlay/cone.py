"""The registered cone over the picture: outline, rims, axis, exit plane."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.overlay.canvas import Canvas, fixed_point
from pipeline.overlay.palette import CONE, EXIT_PLANE, MUTED
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.camera import DRAWN_FROM_MM
from tracking.transforms import transform_points

N_SEGMENTS = 72  # 5 deg: chords are below half a pixel on the canvas
N_LEVELS = 8  # along the tube, so that a cone partly behind the camera keeps its visible part
AXIS_BELOW_MM, AXIS_ABOVE_MM = 60.0, 40.0  # beyond exit plane and top
EXIT_FILL = 0.25  # opacity


class ConeOutline:
    """Silhouettes of tube and ring, and the exit rim; thin where the pose is not trusted."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw nothing without a pose."""
        registration = result.record.registration
        pose = result.drawn_pose
        if pose is None:
            return
        width_px = 3 if registration.is_ok else 1
        colour = CONE if registration.is_ok else MUTED
        intrinsics = result.source_frame.frame.intrinsics
        rim = transform_points(
            pose, exit_rim(context.applicator, context.applicator.outer_radius_mm)
        )
        if len(in_front(rim)) == len(rim):
            canvas.polyline(intrinsics.project(rim), colour, 1, is_closed=True)
        for body in convex_bodies(context.applicator):
            points = in_front(transform_points(pose, body))
            if len(points) >= 3:
                pixels = intrinsics.project(points).astype(np.float32)
                outline = cv2.convexHull(pixels)[:, 0].astype(np.float64)
                canvas.polyline(outline, colour, width_px, is_closed=True)


class ConeAxis:
    """The beam's way through the cone: a dashed line from above the top to below the exit."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw nothing without a trusted pose."""
        pose = result.drawn_pose
        if pose is None or not result.record.registration.is_ok:
            return
        z = np.linspace(-AXIS_BELOW_MM, context.applicator.length_mm + AXIS_ABOVE_MM, 41)
        points = transform_points(pose, np.stack([0 * z, 0 * z, z], axis=1))
        intrinsics = result.source_frame.frame.intrinsics
        for start in range(0, len(points) - 1, 2):
            dash = points[start : start + 2]
            if len(in_front(dash)) == 2:
                canvas.polyline(intrinsics.project(dash), CONE, 1)


class ExitPlane:
    """The inner field on the exit plane, filled, with its centre."""

    def draw(self, canvas: Canvas, result: FrameResult, context: RunContext) -> None:
        """Draw nothing without a trusted pose."""
        pose = result.drawn_pose
        if pose is None or not result.record.registration.is_ok:
            return
        rim = transform_points(
            pose, exit_rim(context.applicator, context.applicator.inner_radius_mm)
        )
        centre = pose[:3, 3]
        if len(in_front(rim)) < len(rim) or centre[2] < DRAWN_FROM_MM:
            return
        intrinsics = result.source_frame.frame.intrinsics
        image_px = intrinsics.project(rim)
        _fill(canvas, image_px)
        canvas.polyline(image_px, EXIT_PLANE, 2, is_closed=True)
        u, v = canvas.to_picture(intrinsics.project(centre))
        cv2.drawMarker(canvas.picture, (round(u), round(v)), EXIT_PLANE, cv2.MARKER_CROSS, 14, 2)


def exit_rim(applicator: Applicator, radius_mm: float) -> Float:
    """Points of a circle (seen along the axis) on the exit plane, applicator space, (n, 3)."""
    return _circle(radius_mm, 0.0, applicator.bevel_slope)


def convex_bodies(applicator: Applicator) -> list[Float]:
    """Surface points of the convex parts (tube, ring): their hulls are the silhouettes."""
    radius, top, slope = applicator.outer_radius_mm, applicator.length_mm, applicator.bevel_slope
    levels = np.linspace(applicator.bevel_rise_mm, top, N_LEVELS)
    rings = [_circle(radius, float(z), 0.0) for z in levels]
    bodies = [np.concatenate([_circle(radius, 0.0, slope), *rings])]
    if applicator.has_ring:
        ring = applicator.ring_diameter_mm / 2
        bodies.append(
            np.concatenate(
                [_circle(ring, top - applicator.ring_height_mm, 0.0), _circle(ring, top, 0.0)]
            )
        )
    return bodies


def in_front(points_camera_mm: Float) -> Float:
    """The points that can be projected."""
    visible: Float = points_camera_mm[points_camera_mm[:, 2] >= DRAWN_FROM_MM]
    return visible


def _circle(radius_mm: float, z_mm: float, slope: float) -> Float:
    angles = np.linspace(0, 2 * np.pi, N_SEGMENTS, endpoint=False)
    x, y = radius_mm * np.cos(angles), radius_mm * np.sin(angles)
    return np.stack([x, y, z_mm - slope * x], axis=1)


def _fill(canvas: Canvas, image_px: Float) -> None:
    """Blend a convex polygon, only inside its bounding box."""
    picture = canvas.picture
    points = canvas.to_picture(image_px)
    u0, v0 = np.maximum(np.floor(points.min(axis=0)).astype(int), 0)
    u1, v1 = np.ceil(points.max(axis=0)).astype(int) + 1
    region = picture[v0 : max(v1, 0), u0 : max(u1, 0)]
    if region.size == 0:
        return
    filled = region.copy()
    cv2.fillConvexPoly(filled, fixed_point(points - [u0, v0]), EXIT_PLANE, cv2.LINE_AA, 4)
    region[...] = cv2.addWeighted(region, 1 - EXIT_FILL, filled, EXIT_FILL, 0.0)
