"""The docking ring's pose from the brightness edges of its two outer circles.

For cones that wear no collar. Neither depth nor labels are used: the pose that comes in says only
where in the picture to look and how wide; at each place the strongest step in brightness within
reach is taken, not the nearest one. The roll is not told.

Nothing here knows whether an edge is the ring's: light, shadows and what lies behind make others
stronger. The bound therefore holds what whole arcs share, and is often too wide for a vote.

Fails to: no estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float
from tracking.docking import skew
from tracking.picture import ColorPicture
from tracking.picture_error import calibration_covariance
from tracking.robust import NORMAL_MAD, median, tukey
from tracking.second_estimate import CHI_99, SecondEstimate
from tracking.sigmas import largest_sigma
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

N_AROUND = 120  # places on each circle
N_ARCS = 12  # stretches of a circle that err alike: one light, one background
REACHES_PX = (12.0, 8.0, 5.0, 3.0, 3.0)  # to either side of where a circle should be
N_PER_REACH = 3
STEP_PX = 0.5
MIN_STEP_LEVELS = 8.0  # of brightness over a pixel; the sensor's noise makes 3
TUKEY = 4.0  # scatters beyond which an edge counts for nothing
SCATTER_FLOOR_PX = 0.3
ARC_SIGMA_PX = 0.5  # that an arc's edges share: bevelled brims, glare along an edge
AGREE_PX = 1.0  # an edge this near to where the fitted ring has it speaks for the fit
MIN_SHARE = 0.7  # of all places must do so: with half of the ring hidden, fits went astray
MIN_TOLD_SHARE = 0.4  # of all places with any edge, on the way
ROLL_PRIOR = 1e-3  # rad: the roll stays where it was


@dataclass(frozen=True, eq=False)
class _Edges:
    """Offsets (n,), how they follow a small motion about the ring's centre (n, 6), arc (n,)."""

    offsets_px: Float
    jacobian: Float
    arc: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    n_places: int


def estimate_from_edges(
    picture: ColorPicture, applicator: Applicator, camera_from_applicator: Float
) -> SecondEstimate | None:
    """Fit the ring near where it is said to be; None where too little of it stands out."""
    if not applicator.has_ring:
        return None
    pose = invert(picture.camera_from_color) @ camera_from_applicator
    top = np.array([0.0, 0.0, applicator.length_mm])
    for reach in REACHES_PX:
        for _ in range(N_PER_REACH):
            edges = _measure(picture, applicator, pose, reach)
            if edges is None or len(edges.offsets_px) < MIN_TOLD_SHARE * edges.n_places:
                return None
            step = _step(edges, _weights(edges.offsets_px))
            centre = transform_points(pose, top)
            turn = rotation_from_vector(step[:3])
            pose = rigid(turn, centre - turn @ centre + step[3:]) @ pose
    edges = _measure(picture, applicator, pose, REACHES_PX[-1])
    if edges is None:
        return None
    if np.sum(np.abs(edges.offsets_px) <= AGREE_PX) < MIN_SHARE * edges.n_places:
        return None
    covariance = _covariance(edges, _weights(edges.offsets_px))
    return _bounded(picture, applicator, pose, covariance)


def _bounded(
    picture: ColorPicture, applicator: Applicator, pose: Float, covariance: Float
) -> SecondEstimate:
    top = np.array([0.0, 0.0, applicator.length_mm])
    covariance = covariance + calibration_covariance(transform_points(pose, top))
    axis = pose[:3, 2]
    across = np.eye(3) - np.outer(axis, axis)
    to_exit = np.concatenate([skew(applicator.length_mm * axis), np.eye(3)], axis=1)
    return SecondEstimate(
        "edges",
        picture.camera_from_color @ pose,
        ring_bound_mm=CHI_99[3] * largest_sigma(covariance[3:, 3:]),
        axis_bound_deg=float(
            np.degrees(CHI_99[2] * largest_sigma(across @ covariance[:3, :3] @ across))
        ),
        exit_bound_mm=CHI_99[3] * largest_sigma(to_exit @ covariance @ to_exit.T),
    )


def _step(edges: _Edges, weights: Float) -> Float:
    weighted = edges.jacobian * weights[:, None]
    information = weighted.T @ edges.jacobian + _prior(edges.jacobian)
    step: Float = np.linalg.inv(information) @ (weighted.T @ edges.offsets_px)
    return step


def _prior(jacobian: Float) -> Float:
    """Keeps what no edge tells, the roll, from running away; far below what edges tell."""
    size = float(np.square(jacobian[:, :3]).sum())
    prior = np.zeros((6, 6))
    prior[:3, :3] = np.eye(3) * ROLL_PRIOR * size / len(jacobian)
    return prior


def _covariance(edges: _Edges, weights: Float) -> Float:
    """Huber's sandwich over arcs, with a floor for what each arc shares."""
    weighted = edges.jacobian * weights[:, None]
    inverse = np.linalg.inv(weighted.T @ edges.jacobian + _prior(edges.jacobian)).astype(np.float64)
    middle = np.zeros((6, 6))
    for arc in np.unique(edges.arc):
        rows = weighted[edges.arc == arc]
        pull = rows.T @ edges.offsets_px[edges.arc == arc]
        shared = rows.sum(axis=0) * ARC_SIGMA_PX
        middle += np.outer(pull, pull) + np.outer(shared, shared)
    covariance: Float = inverse @ middle @ inverse
    return covariance


def _weights(offsets_px: Float) -> Float:
    spread_px = max(SCATTER_FLOOR_PX, NORMAL_MAD * median(np.abs(offsets_px)))
    return tukey(offsets_px / spread_px, TUKEY)


def _measure(
    picture: ColorPicture, applicator: Applicator, pose: Float, reach_px: float
) -> _Edges | None:
    """Strongest step in brightness near each place of the circles that the camera can see."""
    points, arc = _circle_points(applicator, pose)
    if points[:, 2].min() <= 0:
        return None
    centre = transform_points(pose, np.array([0.0, 0.0, applicator.length_mm]))
    uv = picture.project(points)
    normal = _image_normals(picture, applicator, pose, points)
    offsets, is_told = _strongest(picture, uv, normal, reach_px)
    k = picture.intrinsics
    x, y, z = points.T
    by_point = np.zeros((len(points), 2, 3))
    by_point[:, 0, 0], by_point[:, 1, 1] = k.fx / z, k.fy / z
    by_point[:, 0, 2], by_point[:, 1, 2] = -k.fx * x / z**2, -k.fy * y / z**2
    turn = np.array([-skew(lever) for lever in points - centre])
    rows = np.einsum("ni,nij->nj", normal, np.concatenate([by_point @ turn, by_point], axis=2))
    return _Edges(offsets[is_told], rows[is_told], arc[is_told], len(points))


def _circle_points(
    applicator: Applicator, pose: Float
) -> tuple[Float, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """Places on the top circle, and on the underside's where it faces the camera."""
    radius = applicator.ring_diameter_mm / 2
    index = np.arange(N_AROUND)
    angle = index * (2 * np.pi / N_AROUND)
    circle = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    towards = invert(pose)[:2, 3]
    faces = (circle * (towards - circle)).sum(axis=1) > 0
    heights = applicator.length_mm, applicator.length_mm - applicator.ring_height_mm
    top, under = (np.column_stack([circle, np.full(N_AROUND, z)]) for z in heights)
    arc = index * N_ARCS // N_AROUND
    points = np.concatenate([top, under[faces]])
    return transform_points(pose, points), np.concatenate([arc, N_ARCS + arc[faces]])


def _image_normals(
    picture: ColorPicture, applicator: Applicator, pose: Float, points: Float
) -> Float:
    """Unit normals in the picture of the circles at these points."""
    axis = pose[:3, 2]
    heights = (points - pose[:3, 3]) @ axis
    spokes = points - (pose[:3, 3] + heights[:, None] * axis)
    tangents = np.cross(axis, spokes) / (applicator.ring_diameter_mm / 2)
    along = picture.project(points + tangents) - picture.project(points - tangents)
    normal = np.stack([along[:, 1], -along[:, 0]], axis=1)
    unit: Float = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    return unit


def _strongest(
    picture: ColorPicture, uv: Float, normal: Float, reach_px: float
) -> tuple[Float, Bool]:
    """Offset of the strongest step along each normal, and whether it stands out."""
    n_steps = round(reach_px / STEP_PX)
    s = np.arange(-n_steps - 1, n_steps + 2) * STEP_PX
    places = uv[:, None] + s[:, None] * normal[:, None] - picture.corner_px
    flat = places.astype(np.float32)
    values = np.asarray(
        cv2.remap(
            picture.grey, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float64,
    )  # fmt: skip
    slope = np.abs(values[:, 2:] - values[:, :-2]) / (2 * STEP_PX)
    best = np.clip(slope.argmax(axis=1), 1, slope.shape[1] - 2)
    row = np.arange(len(uv))
    left, peak, right = (slope[row, best + k] for k in (-1, 0, 1))
    bend = left - 2 * peak + right
    fine = np.where(bend < 0, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0)
    height, width = picture.grey.shape
    inside = ((places >= 0) & (places <= [width - 1, height - 1])).all(axis=(1, 2))
    offsets = s[best + 1] + np.clip(fine, -1, 1) * STEP_PX
    return offsets, inside & (peak >= MIN_STEP_LEVELS)
