"""Where the tube's two sides should bound it in the image, and where they do.

A round wall has no edge of its own there: seen from the camera, its outline is the pair of
straight lines along which rays only touch it. Their distance tells the diameter, their places
tell how the tube lies, both where depth sees too little of the wall to tell its curvature.
"""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.contour import MIN_POINTS, EdgeOffsets, Outline, transitions
from tracking.edge_sight import MIN_DISTANCE_MM, MIN_GAP_PX, PROBE_PX, away_from_ends
from tracking.transforms import invert, transform_points

SIDE = "side"
N_SIDE_POINTS = 72  # as on the other edges


def measure_sides(
    model: ConeModel, pose: Float, outline: Outline, intrinsics: CameraIntrinsics
) -> list[EdgeOffsets]:
    """Offsets of the sides that are visible as an outline, for `pose = camera_from_applicator`.

    Offsets are along the image normals, outwards positive, as those of `measure_edges`. A model
    with its own mesh has none: its wall need not be round.
    """
    found: list[EdgeOffsets] = []
    if not model.edges:
        return found
    for angle in _touched_angles(model.applicator.outer_radius_mm, invert(pose)[:3, 3]):
        outward = np.array([np.cos(angle), np.sin(angle), 0.0])
        points = transform_points(pose, _line(model, outward))
        if points[:, 2].min() <= MIN_DISTANCE_MM:
            continue
        uv = intrinsics.project(points)
        normal = _normal_px(uv, intrinsics.project(points + pose[:3, :3] @ outward))
        probes = np.concatenate([uv + PROBE_PX * normal, uv - PROBE_PX * normal])
        meets = model.meets(pose, intrinsics.rays(probes[:, 0], probes[:, 1]))
        is_outline = ~meets[:N_SIDE_POINTS] & meets[N_SIDE_POINTS:]
        normals = np.broadcast_to(normal, uv.shape)
        offsets = transitions(outline, uv, normals)
        spacing_px = max(float(np.linalg.norm(uv[-1] - uv[0])) / N_SIDE_POINTS, MIN_GAP_PX)
        usable = away_from_ends(is_outline, spacing_px, is_closed=False) & np.isfinite(offsets)
        if int(usable.sum()) >= MIN_POINTS:
            found.append(
                EdgeOffsets(SIDE, points[usable], normals[usable], offsets[usable], spacing_px)
            )
    return found


def _touched_angles(radius_mm: float, camera_mm: Float) -> tuple[float, ...]:
    """Angles around the axis at which rays from the camera (applicator space) touch the wall."""
    distance_mm = float(np.hypot(camera_mm[0], camera_mm[1]))
    if distance_mm <= radius_mm:
        return ()
    towards = float(np.arctan2(camera_mm[1], camera_mm[0]))
    apart = float(np.arccos(radius_mm / distance_mm))
    return towards - apart, towards + apart


def _line(model: ConeModel, outward: Float) -> Float:
    """Points of the wall along the axis, from the exit to the ring or the top, (n, 3)."""
    applicator = model.applicator
    foot_mm = -applicator.outer_radius_mm * outward[0] * applicator.bevel_slope
    head_mm = applicator.length_mm - (applicator.ring_height_mm if applicator.has_ring else 0.0)
    along = np.linspace(foot_mm, head_mm, N_SIDE_POINTS)[:, None]
    line: Float = applicator.outer_radius_mm * outward + along * np.array([0.0, 0.0, 1.0])
    return line


def _normal_px(uv: Float, uv_outside: Float) -> Float:
    """Unit normal (2,) of the straight line in the image, towards the points outside."""
    along = uv[-1] - uv[0]
    normal = np.array([along[1], -along[0]]) / max(float(np.linalg.norm(along)), 1e-9)
    side = float(np.median((uv_outside - uv) @ normal))
    return normal if side >= 0 else -normal
