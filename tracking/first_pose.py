"""First poses without a prior: closed form from points and normals, seeded, all ends tried.

The wall's normals are perpendicular to the axis, so pairs of them vote for it; with the
axis known the wall is a circle of known radius; its ends or the ring's face fix the slide.
"""

from __future__ import annotations

import cv2
import numpy as np
import open3d as o3d

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.transforms import cross, rigid

SEED = 11
N_POINTS = 600
N_NEIGHBOURS = 40  # a patch of about 20 mm on a sampled cone: averages noise, still locally flat
N_AXIS_TRIALS = 250
N_FACE_TRIALS = 60
N_CENTRE_TRIALS = 80
MIN_SINE = 0.2  # normals closer than 12 deg tell no common perpendicular
MIN_WALL_POINTS = 10
DISTINCT_COSINE = 0.85  # two axes more than 30 deg apart are two hypotheses
SIDE_COSINE = 0.25  # |normal . axis| of a wall point, normals being good to about 10 deg
FACE_COSINE = 0.85  # of a face across the axis
RADIUS_TOLERANCE_MM = 4.0
MIN_FACE_POINTS = 12
MIN_CHORD = 0.3  # of the ring's radius: shorter ones leave the circle's middle open


def first_poses(applicator: Applicator, points_camera_mm: Float) -> list[Float]:
    """Hypotheses of camera_from_applicator (roll arbitrary), in a fixed order.

    Parameters
    ----------
    points_camera_mm : (n, 3)
        Measured applicator points; at least 20, fewer give no hypothesis.
    """
    if len(points_camera_mm) < N_NEIGHBOURS // 2:
        return []
    rng = np.random.default_rng(SEED)
    points = points_camera_mm[:: max(1, len(points_camera_mm) // N_POINTS)]
    normals = _normals_towards_camera(points)
    poses: list[Float] = []
    for axis in _axes(normals, rng):
        centres = (
            _centre_on_axis(applicator, points, normals, axis, rng),
            _centre_of_face(points, normals, axis),
            _centre_of_disc(applicator, points, normals, axis, rng),
        )
        for centre in centres:
            if centre is not None:
                poses.extend(_along_axis(applicator, points, normals, axis, centre))
    return poses


def _along_axis(
    applicator: Applicator, points: Float, normals: Float, axis: Float, centre: Float
) -> list[Float]:
    """Poses with this axis through `centre`, both ways up, every known end tried."""
    poses: list[Float] = []
    for direction in (axis, -axis):
        along = (points - centre) @ direction
        positions = _exit_positions(applicator, along, normals @ direction)
        poses.extend(_pose(direction, centre + exit_at * direction) for exit_at in positions)
    return poses


def _normals_towards_camera(points: Float) -> Float:
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(np.array(points)))
    cloud.estimate_normals(o3d.geometry.KDTreeSearchParamKNN(N_NEIGHBOURS))
    normals = np.asarray(cloud.normals)
    away = np.einsum("ij,ij->i", normals, points) > 0
    return np.where(away[:, None], -normals, normals)


def _axes(normals: Float, rng: np.random.Generator) -> list[Float]:
    """The best two distinct directions to which normals are perpendicular (wall) or parallel."""
    first, second = rng.integers(0, len(normals), (2, N_AXIS_TRIALS))
    crossed = np.cross(normals[first], normals[second])
    lengths = np.linalg.norm(crossed, axis=1)
    crossed = crossed[lengths > MIN_SINE] / lengths[lengths > MIN_SINE, None]
    candidates = np.concatenate([crossed, normals[first[:N_FACE_TRIALS]]])
    cosines = np.abs(candidates @ normals.T)
    wall = np.maximum(0.0, 1.0 - (cosines / SIDE_COSINE) ** 2)
    face = np.maximum(0.0, 1.0 - ((1.0 - cosines) / (1.0 - FACE_COSINE)) ** 2)
    support = (wall + face).sum(axis=1)
    best = candidates[int(np.argmax(support))]
    apart = np.abs(candidates @ best) < DISTINCT_COSINE
    axes = [_polished(best, normals)]
    if apart.any():
        axes.append(_polished(candidates[int(np.argmax(np.where(apart, support, -1.0)))], normals))
    return axes


def _polished(axis: Float, normals: Float) -> Float:
    """Least squares over the wall's normals: the direction they are most perpendicular to."""
    for _ in range(3):
        side = normals[np.abs(normals @ axis) < SIDE_COSINE]
        values, vectors = np.linalg.eigh(np.einsum("ni,nj->ij", side, side))
        if len(side) < MIN_WALL_POINTS or values[1] < MIN_SINE**2 * values[2]:
            break  # a flat patch: any direction within it fits
        axis = vectors[:, 0]
    result: Float = axis / np.linalg.norm(axis)
    return result


def _centre_on_axis(
    applicator: Applicator, points: Float, normals: Float, axis: Float, rng: np.random.Generator
) -> Float | None:
    """A point on the axis: the centre on which most wall points agree."""
    is_side = np.abs(normals @ axis) < SIDE_COSINE * 1.5
    if int(is_side.sum()) < 3:
        return None
    across = _perpendicular_basis(axis)
    flat, facing = points[is_side] @ across.T, normals[is_side] @ across.T
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    radii = [applicator.outer_radius_mm, -applicator.inner_radius_mm]  # the inside faces inwards
    if applicator.has_ring:
        radii.append(applicator.ring_diameter_mm / 2)
    chosen = rng.integers(0, len(flat), N_CENTRE_TRIALS)
    centres = np.concatenate([flat[chosen] - radius * facing[chosen] for radius in radii])
    offsets = flat[None] - centres[:, None]
    outward = np.einsum("cij,ij->ci", offsets, facing)
    distance = np.min([np.abs(outward - radius) for radius in radii], axis=0)
    support = np.maximum(0.0, 1.0 - (distance / RADIUS_TOLERANCE_MM) ** 2).sum(axis=1)
    centre: Float = centres[int(np.argmax(support))] @ across
    return centre + axis * float(np.median(points @ axis))


def _centre_of_face(points: Float, normals: Float, axis: Float) -> Float | None:
    """The middle of what faces along the axis: from above, the ring hides most of the wall."""
    is_face = np.abs(normals @ axis) > FACE_COSINE
    if int(is_face.sum()) < MIN_FACE_POINTS:
        return None
    across = _perpendicular_basis(axis)
    flat = points[is_face] @ across.T
    centre: Float = (flat.min(axis=0) + flat.max(axis=0)) / 2 @ across
    return centre + axis * float(np.median(points @ axis))


def _centre_of_disc(
    applicator: Applicator, points: Float, normals: Float, axis: Float, rng: np.random.Generator
) -> Float | None:
    """The middle of a partly hidden ring: a circle of its radius through the face's outline.

    Of circles through pairs of points of the face's hull the one that holds the face, and on
    which most of the hull lies.
    """
    is_face = np.abs(normals @ axis) > FACE_COSINE
    if not applicator.has_ring or int(is_face.sum()) < MIN_FACE_POINTS:
        return None
    across = _perpendicular_basis(axis)
    flat = points[is_face] @ across.T
    hull = cv2.convexHull(flat.astype(np.float32)).reshape(-1, 2).astype(np.float64)
    first, second = hull[rng.integers(0, len(hull), (2, N_CENTRE_TRIALS))]
    chord = second - first
    half = np.linalg.norm(chord, axis=1, keepdims=True) / 2
    radius = applicator.ring_diameter_mm / 2
    fits = ((half > MIN_CHORD * radius) & (half < radius))[:, 0]
    if not fits.any():
        return None
    chord, half, middle = chord[fits], half[fits], (first + second)[fits] / 2
    sideways = np.stack([-chord[:, 1], chord[:, 0]], axis=1) / (2 * half)
    rise = sideways * np.sqrt(radius**2 - half**2)
    centres = np.concatenate([middle + rise, middle - rise])
    outside = np.linalg.norm(flat[None] - centres[:, None], axis=2) > radius + RADIUS_TOLERANCE_MM
    off = np.abs(np.linalg.norm(hull[None] - centres[:, None], axis=2) - radius)
    support = (off < RADIUS_TOLERANCE_MM).mean(axis=1) - outside.mean(axis=1)
    centre: Float = centres[int(np.argmax(support))] @ across
    return centre + axis * float(np.median(points @ axis))


def _exit_positions(applicator: Applicator, along: Float, facing: Float) -> list[float]:
    """Where the exit centre may lie along a direction towards the source."""
    low, high = np.quantile(along, [0.01, 0.99])
    positions = [float(high) - applicator.length_mm, float(low) + applicator.bevel_rise_mm / 2]
    top_face = along[facing > FACE_COSINE]
    if len(top_face) >= MIN_FACE_POINTS:
        positions.append(float(np.median(top_face)) - applicator.length_mm)
    underside = along[facing < -FACE_COSINE]
    if applicator.has_ring and len(underside) >= MIN_FACE_POINTS:
        ring_bottom = applicator.length_mm - applicator.ring_height_mm
        positions.append(float(np.median(underside)) - ring_bottom)
    return positions


def _perpendicular_basis(axis: Float) -> Float:
    """Two unit vectors perpendicular to the axis, rows of (2, 3), right-handed with it."""
    helper = np.eye(3)[int(np.argmin(np.abs(axis)))]
    first = cross(helper, axis)
    first /= np.linalg.norm(first)
    return np.array([first, cross(axis, first)])


def _pose(direction: Float, exit_centre: Float) -> Float:
    across = _perpendicular_basis(direction)
    return rigid(np.stack([across[0], across[1], direction], axis=1), exit_centre)
