"""Rigid transforms as 4x4 arrays named `target_from_source`.

A transform maps coordinates of its source space into its target space
(`p_target = target_from_source @ p_source`), so adjacent names cancel in products.
Right-handed, mm; rotations act on column vectors.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from tracking.arrays import Float, finite_array, frozen
from tracking.compiled import compiled, part
from tracking.loop_types import NEW_ROWS, REAL, ROWS, VECTOR

ORTHONORMAL_TOLERANCE = (
    1e-6  # of R^T R - I: a file with 7 decimals passes, a scaled matrix does not
)

_UNMOVED: Float = frozen(np.eye(4))  # `np.eye` takes longer than a small product


def check_transform(name: str, value: object) -> Float:
    """Return `value` as a validated read-only rigid transform, shape (4, 4).

    Raises
    ------
    ValueError
        Not 4x4, not finite, last row not [0, 0, 0, 1], not orthonormal, or mirrored.
    """
    matrix = finite_array(name, value, (4, 4))
    if matrix[3].tolist() != [0.0, 0.0, 0.0, 1.0]:
        raise ValueError(f"{name}: last row must be [0, 0, 0, 1], got {matrix[3].tolist()}")
    rotation = matrix[:3, :3]
    error = orthonormal_error(rotation)
    if error > ORTHONORMAL_TOLERANCE:
        raise ValueError(f"{name}: rotation is not orthonormal (largest error {error:.2e})")
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    if a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0:
        raise ValueError(f"{name}: rotation is mirrored (determinant -1)")
    return matrix


@compiled(REAL, ROWS)
def orthonormal_error(rotation: Float) -> float:
    """Return the largest element of R^T R - I of a 3x3 matrix: 0 of a rotation or a mirror."""
    if rotation.shape != (3, 3):
        raise ValueError("a rotation is 3x3")
    largest = 0.0
    for first in range(3):
        for second in range(3):
            error = -1.0 if first == second else 0.0
            for row in range(3):
                error += rotation[row, first] * rotation[row, second]
            if abs(error) > largest or np.isnan(error):
                largest = abs(error)
    return largest


def rigid(rotation: ArrayLike, translation_mm: ArrayLike) -> Float:
    """Build a 4x4 transform from a 3x3 rotation and a translation in mm."""
    matrix = _UNMOVED.copy()
    matrix[:3, :3] = rotation
    matrix[:3, 3] = translation_mm
    return matrix


@compiled(NEW_ROWS, ROWS)
def invert(target_from_source: Float) -> Float:
    """Return `source_from_target` of a rigid transform."""
    if target_from_source.shape != (4, 4):
        raise ValueError("a transform is 4x4")
    inverse = np.zeros((4, 4))
    for row in range(3):
        for column in range(3):
            inverse[row, column] = target_from_source[column, row]
            inverse[row, 3] -= target_from_source[column, row] * target_from_source[column, 3]
    inverse[3, 3] = 1.0
    return inverse


def transform_points(target_from_source: Float, points_mm: Float) -> Float:
    """Map points, shape (..., 3), from source to target space."""
    moved: Float = points_mm @ target_from_source[:3, :3].T + target_from_source[:3, 3]
    return moved


def rotation_from_vector(rotation_vector_rad: ArrayLike) -> Float:
    """Return the 3x3 rotation of an axis-angle vector in radians (Rodrigues' formula)."""
    return _rotation(np.asarray(rotation_vector_rad, np.float64))


@part
def _rotation_of(rotation_vector_rad: Float) -> Float:
    x, y, z = rotation_vector_rad
    angle = math.sqrt(x * x + y * y + z * z)
    # sin(t) / t and (1 - cos(t)) / t^2, by their series where the quotients would lose digits
    small = angle < 1e-4
    first = 1.0 - angle**2 / 6 if small else math.sin(angle) / angle
    second = 0.5 - angle**2 / 24 if small else 2 * math.sin(angle / 2) ** 2 / angle**2
    cross_of = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    matrix = first * cross_of
    for row in range(3):
        matrix[row, row] += 1.0
        for column in range(3):
            for other in range(3):
                matrix[row, column] += second * cross_of[row, other] * cross_of[other, column]
    return matrix


@compiled(NEW_ROWS, VECTOR)
def _rotation(rotation_vector_rad: Float) -> Float:
    return _rotation_of(rotation_vector_rad)


@compiled(NEW_ROWS, ROWS, VECTOR)
def moved_in_own_axes(target_from_source: Float, motion: Float) -> Float:
    """Return the transform after a small motion (6,) of its source in the source's own axes.

    A rotation vector (rad) about the source's origin, and a displacement (mm). Repeated, it drifts
    from a rotation by the rounding of one product: see `orthonormalise`.
    """
    if target_from_source.shape != (4, 4) or len(motion) != 6:
        raise ValueError("a transform is 4x4, a small motion has six parts")
    turn, moved = _rotation_of(motion[:3]), target_from_source.copy()
    for row in range(3):
        for column in range(3):
            moved[row, column] = 0.0
            for other in range(3):
                moved[row, column] += target_from_source[row, other] * turn[other, column]
            moved[row, 3] += target_from_source[row, column] * motion[3 + column]
    return moved


def blockwise(rotation: Float) -> Float:
    """Return the (6, 6) matrix that rotates the two halves of a small motion alike."""
    both = np.zeros((6, 6))
    both[:3, :3] = both[3:, 3:] = rotation
    return both


def rotate_about(pivot_mm: Float, rotation_vector_rad: ArrayLike) -> Float:
    """Return the transform that rotates about a point of its own space."""
    rotation = rotation_from_vector(rotation_vector_rad)
    return rigid(rotation, pivot_mm - rotation @ pivot_mm)


@compiled(NEW_ROWS, ROWS)
def orthonormalise(target_from_source: Float) -> Float:
    """Remove the drift that repeated products leave in the rotation (nearest rotation, SVD)."""
    if target_from_source.shape != (4, 4):
        raise ValueError("a transform is 4x4")
    u, _, vt = np.linalg.svd(np.ascontiguousarray(target_from_source[:3, :3]))
    if np.linalg.det(u @ vt) < 0.0:
        for row in range(3):
            u[row, 2] = -u[row, 2]
    nearest = target_from_source.copy()
    nearest[:3, :3] = u @ vt
    nearest[3], nearest[3, 3] = 0.0, 1.0
    return nearest


def cross(first: Float, second: Float) -> Float:
    """Cross product of two vectors (3,); `np.cross` takes ten times as long for one pair."""
    a, b, c = first.tolist()
    x, y, z = second.tolist()
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])


def rotation_vector_between(from_direction: Float, to_direction: Float) -> Float:
    """Return the smallest rotation vector (rad) that turns one unit vector into another."""
    normal = cross(from_direction, to_direction)
    sine, cosine = math.sqrt(float(normal @ normal)), float(from_direction @ to_direction)
    if sine >= 1e-12:
        return normal * (math.atan2(sine, cosine) / sine)
    if cosine > 0:
        return normal
    normal = cross(from_direction, np.eye(3)[int(np.argmin(np.abs(from_direction)))])
    return normal * (math.pi / float(np.linalg.norm(normal)))


def rotation_between(from_direction: Float, to_direction: Float) -> Float:
    """Return the smallest 3x3 rotation that turns one unit vector into another."""
    return rotation_from_vector(rotation_vector_between(from_direction, to_direction))


def angle_between_deg(first: Float, second: Float) -> float:
    """Angle between two directions, degrees in [0, 180], accurate near 0 and 180."""
    cross = float(np.linalg.norm(np.cross(first, second)))
    return float(np.degrees(np.arctan2(cross, float(np.dot(first, second)))))
