"""Measured depth against the depth that the model predicts, pixel by pixel; their equations."""

from __future__ import annotations

import numpy as np

from tracking.arrays import Bool, Float, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    BYTE,
    COUNT,
    FLAGS,
    NEW_ROWS,
    NEW_VECTOR,
    REAL,
    ROWS,
    VECTOR,
    array_in,
    array_out,
    several,
)

# Hits flatter than 83 deg: the depth there is the matcher's, not the surface's.
GRAZING_COSINE = 0.12
WALL_COSINE = 0.3  # |n_z| below which a hit lies on the wall
FACE_COSINE = 0.85  # |n_z| above which it lies on a face across the axis
REST, BORDER, HOLLOW = 0, 1, 2  # groups of pixels with a noise of their own
NOTABLE_SCATTER = 1.3  # over what is expected: no longer chance
MIN_REFERENCE_PIXELS = 100  # fewer, and nothing can be called noisier than the rest
MAX_BORDER_SCALE = 4.0  # beyond, it is another surface; a hollow may mirror anything
MIN_GROUP_PIXELS = 30  # of fewer the scatter is chance
MIN_FACE_PIXELS = 8  # of fewer some are often another thing's
NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation

GROUPS = array_in(BYTE, 1)


@compiled(
    several(NEW_VECTOR, NEW_ROWS, NEW_VECTOR, array_out(BYTE, 1), COUNT, COUNT),
    *(VECTOR, FLAGS, FLAGS, ROWS, ROWS, ROWS),
    *(VECTOR, FLAGS, VECTOR),
)
def compared(
    z_mm: Float,
    is_hit: Bool,
    is_thin: Bool,
    points_mm: Float,
    normals: Float,
    rays: Float,
    measured_mm: Float,
    is_border: Bool,
    sigma_coefficients: Float,
) -> tuple[Float, Float, Float, UInt8, int, int]:
    """Residuals and their derivatives in sigma of the noise model.

    Parameters
    ----------
    z_mm, is_hit, is_thin, points_mm, normals, rays
        Of `RayHits`.
    measured_mm, is_border : (n,)
    sigma_coefficients : (3,) of `DepthNoise`

    Returns
    -------
    residuals : (n,), NaN where unusable
    jacobian : (n, 6) and gains : (n,), 0 where unusable
    groups : (n,) `HOLLOW` on the inner side of the wall, else `BORDER` or `REST`
    n_hits, n_grazing
    """
    n = len(z_mm)
    residuals, gains, jacobian = np.empty(n), np.empty(n), np.empty((n, 6))
    groups = np.empty(n, np.uint8)
    n_hits = n_usable = 0
    c0, c1, c2 = sigma_coefficients
    for row in range(n):
        nx, ny, nz = normals[row, 0], normals[row, 1], normals[row, 2]
        x, y, z = points_mm[row, 0], points_mm[row, 1], points_mm[row, 2]
        along = nx * rays[row, 0] + ny * rays[row, 1] + nz * rays[row, 2]
        groups[row] = BORDER if is_border[row] else REST
        if nx * x + ny * y < 0 and abs(nz) < WALL_COSINE:
            groups[row] = HOLLOW
        n_hits += is_hit[row]
        length = np.sqrt(rays[row, 0] ** 2 + rays[row, 1] ** 2 + rays[row, 2] ** 2)
        is_steep = abs(along) > GRAZING_COSINE * length
        if not (is_hit[row] and is_steep and not is_thin[row]):
            residuals[row], gains[row] = np.nan, 0.0
            jacobian[row] = 0.0
            continue
        n_usable += 1
        predicted, measured = z_mm[row], measured_mm[row]
        between = np.sqrt(measured * predicted)
        residuals[row] = (predicted - measured) / (c0 + between * (c1 + between * c2))
        gain = -1.0 / (c0 + predicted * (c1 + predicted * c2)) / along
        gains[row] = gain
        jacobian[row, 0] = (y * nz - z * ny) * gain
        jacobian[row, 1] = (z * nx - x * nz) * gain
        jacobian[row, 2] = (x * ny - y * nx) * gain
        jacobian[row, 3], jacobian[row, 4], jacobian[row, 5] = nx * gain, ny * gain, nz * gain
    return residuals, jacobian, gains, groups, n_hits, n_hits - n_usable


@part
def _group_scatter(residuals: Float, groups: UInt8, group: int) -> tuple[float, int, int]:
    """Robust scatter of a group's residuals, 0 of none; how many have one; and its pixels."""
    sizes, n_known, n_pixels = np.empty(len(residuals)), 0, 0
    for row in range(len(residuals)):
        if groups[row] == group:
            n_pixels += 1
            if np.isfinite(residuals[row]):
                sizes[n_known] = abs(residuals[row])
                n_known += 1
    if n_known == 0:
        return 0.0, 0, n_pixels
    middle = n_known // 2
    return NORMAL_MAD * np.partition(sizes[:n_known], middle)[middle], n_known, n_pixels


@compiled(NEW_VECTOR, NEW_VECTOR, NEW_ROWS, NEW_VECTOR, GROUPS)
def calm_noisy_groups(residuals: Float, jacobian: Float, gains: Float, groups: UInt8) -> Float:
    """Divide the residuals and derivatives of noisier groups by how much noisier, in place.

    A matcher smears outlines, and a hollow reflects itself: where such pixels scatter notably
    more than the wall's, about the model and not about their own mean, their noise is taken to
    be as large as that. Nothing scatters less than the noise model says.

    Returns
    -------
    (3,) by what each group was divided
    """
    scales = np.ones(3)
    scatter, n_known, _ = _group_scatter(residuals, groups, REST)
    if n_known < MIN_REFERENCE_PIXELS:
        return scales
    reference = max(1.0, scatter)
    for group, largest in ((BORDER, MAX_BORDER_SCALE), (HOLLOW, np.inf)):
        scatter, _, n_pixels = _group_scatter(residuals, groups, group)
        ratio = max(1.0, scatter) / reference
        if ratio > NOTABLE_SCATTER and n_pixels >= MIN_GROUP_PIXELS:
            scales[group] = min(ratio, largest)
    for row in range(len(residuals)):
        scale = scales[groups[row]]
        if scale > 1.0:
            residuals[row] /= scale
            gains[row] /= scale
            jacobian[row] /= scale
    return scales


@part
def is_usable_face(along_axis: float, gain: float) -> bool:
    """Whether a pixel with this component of its normal lies on a face across the axis."""
    return abs(along_axis) > FACE_COSINE and gain != 0


@compiled(COUNT, NEW_VECTOR, NEW_ROWS, NEW_VECTOR, ROWS)
def silence_few_faces(residuals: Float, jacobian: Float, gains: Float, normals: Float) -> int:
    """Make pixels of faces across the axis unusable, in place, where there are but a few.

    A face alone fixes the slide, with the weight of its depth: pixels that are another thing's
    would put the cone where no others contradict them.

    Returns
    -------
    How many were usable.
    """
    n_faces = 0
    for row in range(len(residuals)):
        n_faces += is_usable_face(normals[row, 2], gains[row])
    if n_faces < MIN_FACE_PIXELS:
        for row in range(len(residuals)):
            if is_usable_face(normals[row, 2], gains[row]):
                residuals[row], gains[row] = np.nan, 0.0
                jacobian[row] = 0.0
    return n_faces


@compiled(several(COUNT, COUNT), VECTOR, ROWS, VECTOR, REAL)
def faces_off(residuals: Float, normals: Float, gains: Float, limit: float) -> tuple[int, int]:
    """Usable pixels on faces across the axis, and those of them beyond `limit`, in sigma."""
    n_faces = n_off = 0
    for row in range(len(residuals)):
        if is_usable_face(normals[row, 2], gains[row]):
            n_faces += 1
            n_off += abs(residuals[row]) > limit
    return n_faces, n_off


@compiled(several(NEW_ROWS, NEW_VECTOR), ROWS, VECTOR, REAL, REAL)
def robust_equations(
    jacobian: Float, residuals: Float, cutoff: float, inflation: float
) -> tuple[Float, Float]:
    """J' W J, (k, k), and J' W r, (k,), with Tukey's weights over `inflation`.

    Residuals that are NaN count for nothing. One product: BLAS shares none so narrow among threads.
    """
    n_rows, n_unknowns = jacobian.shape
    weighted, right = np.empty((n_rows, n_unknowns)), np.empty((n_rows, n_unknowns + 1))
    for row in range(n_rows):
        share = residuals[row] / cutoff
        is_counted = abs(share) < 1.0
        weight = (1.0 - share * share) ** 2 / inflation if is_counted else 0.0
        for column in range(n_unknowns):
            weighted[row, column] = jacobian[row, column] * weight
            right[row, column] = jacobian[row, column]
        right[row, n_unknowns] = residuals[row] if is_counted else 0.0
    both = np.dot(weighted.T, right)
    information, gradient = np.empty((n_unknowns, n_unknowns)), np.empty(n_unknowns)
    for first in range(n_unknowns):
        gradient[first] = both[first, n_unknowns]
        for second in range(n_unknowns):
            information[first, second] = (both[first, second] + both[second, first]) / 2
    return information, gradient
