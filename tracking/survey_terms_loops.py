"""Live pixels against the survey map's samples, one by one, as a loop."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.compiled import compiled, part
from tracking.loop_types import (
    BYTE,
    DEPTHS,
    FLAGS,
    LABELS,
    NEW_ROWS,
    NEW_VECTOR,
    ROWS,
    VECTOR,
    array_in,
    several,
)

MIN_COSINE = 0.15  # of ray and normal: more grazing surfaces cannot be measured
MIN_DEPTH_MM = 1.0  # what lies behind the camera is not seen

CODES = array_in(BYTE, 1)


@part
def turned(rotation: Float, vectors: Float, row: int) -> tuple[float, float, float]:
    """One of the vectors (n, 3), turned."""
    x, y, z = vectors[row]
    return (
        rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z,
        rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z,
        rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z,
    )


@compiled(
    several(NEW_VECTOR, NEW_ROWS, NEW_VECTOR, NEW_VECTOR, NEW_VECTOR, NEW_VECTOR, NEW_ROWS),
    *(ROWS, ROWS, VECTOR, VECTOR, VECTOR, FLAGS),
    *(ROWS, VECTOR, DEPTHS, LABELS, LABELS, CODES, VECTOR, VECTOR),
)
def seen_terms(
    points_mm: Float,
    planes_per_mm: Float,
    noise_share: Float,
    tilt_variance: Float,
    inflation: Float,
    is_bed: Bool,
    camera_from_survey: Float,
    pivot_mm: Float,
    depth_mm: NDArray[np.float32],
    labels: UInt8,
    hidden: UInt8,
    wanted: UInt8,
    pinhole: Float,
    sigma_coefficients: Float,
) -> tuple[Float, Float, Float, Float, Float, Float, Float]:
    """Compare each sample that is seen; `SurveyTerms` in the order of its fields.

    Parameters
    ----------
    points_mm, planes_per_mm, noise_share, tilt_variance, inflation, is_bed
        Of `SurveySamples`.
    depth_mm, labels, hidden
        Of `LiveView`.
    wanted : (2,)
        Labels of surroundings and bed.
    pinhole : (4,)
        fx, fy, cx, cy.
    sigma_coefficients : (3,) of `DepthNoise`
    """
    n, n_seen = len(points_mm), 0
    residuals, tilts, weights, heights = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    sigmas, jacobian, points = np.empty(n), np.empty((n, 6)), np.empty((n, 3))
    height, width = depth_mm.shape
    fx, fy, cx, cy = pinhole
    c0, c1, c2 = sigma_coefficients
    shift = camera_from_survey[:3, 3]
    for sample in range(n):
        x, y, z = turned(camera_from_survey, points_mm, sample)
        x, y, z = x + shift[0], y + shift[1], z + shift[2]
        u, v = np.rint(x / z * fx + cx), np.rint(y / z * fy + cy)
        if not (z > MIN_DEPTH_MM and u >= 0 and u < width and v >= 0 and v < height):
            continue
        row, column = int(v), int(u)
        depth = float(depth_mm[row, column])
        is_wanted = labels[row, column] == wanted[1 if is_bed[sample] else 0]
        if not (is_wanted and hidden[row, column] == 0 and depth > 0 and np.isfinite(depth)):
            continue
        nx, ny, nz = turned(camera_from_survey, planes_per_mm, sample)
        scale = 1.0 + nx * shift[0] + ny * shift[1] + nz * shift[2]
        nx, ny, nz = nx / scale, ny / scale, nz / scale  # n . p = 1 in camera space
        ray_x, ray_y = (u - cx) / fx, (v - cy) / fy
        inverse, length = nx * ray_x + ny * ray_y + nz, sqrt(nx**2 + ny**2 + nz**2)
        if not inverse > MIN_COSINE * length * sqrt(ray_x**2 + ray_y**2 + 1.0):
            continue
        nx, ny, nz = nx / length, ny / length, nz / length
        predicted, along = 1.0 / inverse, inverse / length
        points[n_seen, 0], points[n_seen, 1] = ray_x * predicted, ray_y * predicted
        points[n_seen, 2] = predicted
        together, between = sqrt(1.0 + noise_share[sample]), sqrt(depth * predicted)
        sigma = (c0 + predicted * (c1 + predicted * c2)) * together
        residuals[n_seen] = (predicted - depth) / (c0 + between * (c1 + between * c2)) / together
        # the normal points away from the camera: moving the map along it moves it deeper
        gain = 1.0 / (along * sigma)
        x, y = points[n_seen, 0] - pivot_mm[0], points[n_seen, 1] - pivot_mm[1]
        z = predicted - pivot_mm[2]
        jacobian[n_seen, 0] = gain * (y * nz - z * ny)
        jacobian[n_seen, 1] = gain * (z * nx - x * nz)
        jacobian[n_seen, 2] = gain * (x * ny - y * nx)
        jacobian[n_seen, 3], jacobian[n_seen, 4] = gain * nx, gain * ny
        jacobian[n_seen, 5] = gain * nz
        tilts[n_seen], weights[n_seen] = gain**2 * tilt_variance[sample], 1.0 / inflation[sample]
        heights[n_seen], sigmas[n_seen] = (predicted - depth) * along, sigma * along
        n_seen += 1
    return (
        residuals[:n_seen],
        jacobian[:n_seen],
        tilts[:n_seen],
        weights[:n_seen],
        heights[:n_seen],
        sigmas[:n_seen],
        points[:n_seen],
    )
