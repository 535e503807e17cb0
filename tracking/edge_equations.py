"""Terms of the pose's likelihood from the outline: what the offsets of each edge say, and weigh.

Small motions are those of `tracking.likelihood`: (rotation, displacement) of the exit centre in
applicator axes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.compiled import compiled, part
from tracking.cone_model import EXIT
from tracking.contour import EdgeOffsets
from tracking.loop_types import NEW_ROWS, NEW_VECTOR, REAL, ROWS, VECTOR, several
from tracking.robust import NORMAL_MAD
from tracking.segmentation import EdgeQuality

EXIT_BURIED_PX = 6.0  # tissue at the rim: 8 mm at 0.55 m and f = 425 px
BURIAL_SIGMA_MM = 0.1  # how unevenly a rim that touches tissue is covered: bumps of 0.3 mm
BURIAL_CORRELATION_MM = 15.0  # a quarter turn of a small rim: folds, not grain
NOTABLE_SCATTER = 1.3  # over what the labels' quality says: no longer chance
CHANCE_CORRELATION = 2.0  # times 1 / sqrt(n): what n independent points show by chance
EDGE_TUKEY = 6.0  # in sigma of the outline's points


def edge_jacobians(
    pose: Float, edges: Sequence[EdgeOffsets], intrinsics: CameraIntrinsics
) -> list[tuple[Float, Float]]:
    """How each edge's offsets (px) follow small motions, (n, 6), and a shift of points, (n, 3).

    Both in applicator axes.
    """
    return [
        _edge_motion(edge.points_camera_mm, edge.normals_px, pose, intrinsics.fx, intrinsics.fy)
        for edge in edges
    ]


@compiled(several(NEW_ROWS, NEW_ROWS), ROWS, ROWS, ROWS, REAL, REAL)
def _edge_motion(
    points: Float, normals_px: Float, pose: Float, fx: float, fy: float
) -> tuple[Float, Float]:
    n = len(points)
    jacobian, shift = np.empty((n, 6)), np.empty((n, 3))
    for row in range(n):
        x, y, z = points[row, 0], points[row, 1], points[row, 2]
        along_u, along_v = normals_px[row, 0] * fx, normals_px[row, 1] * fy
        a, b, c = along_u / z, along_v / z, -(along_u * x + along_v * y) / (z * z)
        left_x, left_y, left_z = x - pose[0, 3], y - pose[1, 3], z - pose[2, 3]
        for axis in range(3):
            right, down, away = pose[0, axis], pose[1, axis], pose[2, axis]
            shift[row, axis] = a * right + b * down + c * away
            jacobian[row, axis] = left_x * right + left_y * down + left_z * away  # the lever
        lx, ly, lz = jacobian[row, 0], jacobian[row, 1], jacobian[row, 2]
        sx, sy, sz = shift[row, 0], shift[row, 1], shift[row, 2]
        jacobian[row, 0] = ly * sz - lz * sy
        jacobian[row, 1] = lz * sx - lx * sz
        jacobian[row, 2] = lx * sy - ly * sx
        jacobian[row, 3], jacobian[row, 4], jacobian[row, 5] = sx, sy, sz
    return jacobian, shift


def edge_weights(
    edge: EdgeOffsets,
    quality: EdgeQuality,
    intrinsics: CameraIntrinsics,
    offsets_px: Float | None = None,
) -> Float:
    """Robust weights (n,) of an edge's offsets in 1/px^2, thinned for their correlation.

    The labels' noise and, at the exit, tissue that covers the rim unevenly: variances per
    length of edge add. Offsets that scatter more than the labels' quality says, or wander in
    longer waves, count as what they are. `offsets_px` (n,): what is judged in place of the
    edge's own, where a model explains part of these.
    """
    return _weights(
        edge.offsets_px if offsets_px is None else offsets_px,
        edge.points_camera_mm[:, 2],
        edge.spacing_px,
        quality.sigma_px,
        quality.correlation_px,
        intrinsics.fx,
        BURIAL_SIGMA_MM if edge.name == EXIT else 0.0,
        NORMAL_MAD,
    )


@part
def _upper_median(values: Float) -> float:
    """As `tracking.robust.median`."""
    if len(values) == 0:
        raise IndexError("no values have a median")
    middle = len(values) // 2
    middle_value: float = np.partition(values, middle)[middle]
    return middle_value


@part
def _correlated_points(deviations: Float, limit: float, chance: float) -> float:
    """How many neighbouring points say the same: 1 + 2 sum of the autocorrelation.

    Summed up to where it first falls to what `chance` over sqrt(n) allows.
    """
    n = len(deviations)
    bounded, total = np.empty(n), 0.0
    for index in range(n):
        bounded[index] = deviations[index]
        if deviations[index] > limit:
            bounded[index] = limit
        elif deviations[index] < -limit:
            bounded[index] = -limit
        total += bounded[index]
    power = 0.0
    for index in range(n):
        bounded[index] -= total / n
        power += bounded[index] * bounded[index]
    if not power > 0:
        return 1.0
    floor, shared = chance / np.sqrt(n) * power, 0.0
    for lag in range(1, n):
        product = 0.0
        for index in range(lag, n):
            product += bounded[index] * bounded[index - lag]
        if product <= floor:
            break
        shared += product
    return 1.0 + 2.0 * shared / power


@compiled(NEW_VECTOR, VECTOR, VECTOR, REAL, REAL, REAL, REAL, REAL, REAL)
def _weights(
    offsets_px: Float,
    z_mm: Float,
    spacing_px: float,
    sigma_px: float,
    correlation_px: float,
    fx: float,
    burial_sigma_mm: float,
    normal_mad: float,
) -> Float:
    """As in `edge_weights`; `burial_sigma_mm` is 0 where no tissue covers the edge.

    `normal_mad` of `tracking.robust`.
    """
    n, middle = len(offsets_px), _upper_median(offsets_px)
    deviations = np.empty(n)
    for index in range(n):
        deviations[index] = offsets_px[index] - middle
    scatter = normal_mad * _upper_median(np.abs(deviations))
    sigma = max(sigma_px, scatter)
    # labels that are known to scatter so have known waves; of others any wave is believed
    chance = 0.0 if scatter > NOTABLE_SCATTER * sigma_px else CHANCE_CORRELATION
    cutoff = EDGE_TUKEY * sigma
    waves_px = spacing_px * _correlated_points(deviations, cutoff, chance)
    per_length = sigma**2 * max(spacing_px, correlation_px, waves_px)
    if burial_sigma_mm > 0:
        px_per_mm = fx / _upper_median(z_mm)
        burial_length_px = max(spacing_px, BURIAL_CORRELATION_MM * px_per_mm)
        per_length += (burial_sigma_mm * px_per_mm) ** 2 * burial_length_px
    weights = np.zeros(n)
    for index in range(n):
        share = deviations[index] / cutoff
        if not abs(share) >= 1.0:
            weights[index] = (1.0 - share * share) ** 2 * spacing_px / per_length
    return weights


@compiled(several(NEW_ROWS, NEW_VECTOR), ROWS, VECTOR, VECTOR, REAL)
def shift_marginalised(
    jacobian: Float, weights: Float, offsets: Float, bias_px: float
) -> tuple[Float, Float]:
    """Normal equations of one edge without its common shift (Schur complement)."""
    n_unknowns = jacobian.shape[1]
    information, gradient = np.zeros((n_unknowns, n_unknowns)), np.zeros(n_unknowns)
    coupling, pull, shift_information = np.zeros(n_unknowns), 0.0, 1.0 / bias_px**2
    for row in range(len(offsets)):
        weight = weights[row]
        shift_information += weight
        pull += weight * offsets[row]
        for first in range(n_unknowns):
            weighted = jacobian[row, first] * weight
            coupling[first] += weighted
            gradient[first] += weighted * offsets[row]
            for second in range(first, n_unknowns):
                information[first, second] += weighted * jacobian[row, second]
    for first in range(n_unknowns):
        share = coupling[first] / shift_information
        gradient[first] -= share * pull
        for second in range(first, n_unknowns):
            information[first, second] -= share * coupling[second]
            information[second, first] = information[first, second]
    return information, gradient


def edge_bias_px(edge: EdgeOffsets, quality: EdgeQuality) -> float:
    """1-sigma of the shift common to an edge: tissue may hide the exit, nothing hides the rest."""
    return EXIT_BURIED_PX if edge.name == EXIT else quality.bias_px
