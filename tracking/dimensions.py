"""What the image says of the cone's diameter and bevel, without believing the plan.

One step of the likelihood with four more unknowns at the registered pose: the wall's radius,
the exit plane's slope along x and y, and the ring's radius (another cone may wear another ring).
A wrong cone that was registered with the planned geometry shows itself as a change of these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float, frozen
from tracking.camera import CameraIntrinsics
from tracking.compiled import compiled
from tracking.cone_model import EXIT, N_CURVE_POINTS
from tracking.contour import EdgeOffsets
from tracking.depth_comparison import WALL_COSINE, robust_equations
from tracking.edge_equations import (
    edge_bias_px,
    edge_jacobians,
    edge_weights,
    shift_marginalised,
)
from tracking.likelihood import TUKEY
from tracking.loop_types import FLAG, NEW_ROWS, REAL, ROWS, VECTOR
from tracking.refine import Refined
from tracking.registration import Dimensions
from tracking.segmentation import EdgeQuality, OutlineQuality
from tracking.sides import SIDE
from tracking.sigmas import largest_sigma

N_POSE, RADIUS, SLOPE_X, SLOPE_Y, RING = 6, 6, 7, 8, 9
N_UNKNOWNS = 10
_TOLD_BY_DEPTH = np.ix_(*[[*range(N_POSE), RADIUS, RING]] * 2)
PER_UNKNOWN = (2.0, 1.0, 1.0)  # diameter per radius; slopes as they are
N_REWEIGHTINGS = 3
SETTLED = 0.1  # Mahalanobis length of a change: the next would be a tenth of it
ROLL = 2
ROLL_PRIOR_SIGMA_RAD = 1e-3  # a turned bevel is a slope along y: one of the two must stand still
RADIUS_PRIOR_SIGMA_MM = 50.0
SLOPE_PRIOR_SIGMA = 1.0
TUBE_REACH = 1.05  # of the outer radius: beyond it a side belongs to the ring
SIDES_ALIKE = 2**0.5  # both sides' labels may be thick alike: the width then errs so much more


def _prior() -> Float:
    """Information on the unknowns beforehand, (N_UNKNOWNS, N_UNKNOWNS)."""
    prior = np.zeros(N_UNKNOWNS)
    prior[:N_POSE] = 1e-6
    prior[ROLL] += 1 / ROLL_PRIOR_SIGMA_RAD**2
    prior[[RADIUS, RING]] = 1 / RADIUS_PRIOR_SIGMA_MM**2
    prior[[SLOPE_X, SLOPE_Y]] = 1 / SLOPE_PRIOR_SIGMA**2
    return frozen(np.diag(prior).copy())


_PRIOR = _prior()


def measure_dimensions(
    applicator: Applicator,
    refined: Refined,
    quality: OutlineQuality,
    intrinsics: CameraIntrinsics,
    sides: Sequence[EdgeOffsets] = (),
) -> Dimensions:
    """Estimate diameter and bevel at the registered pose; a hidden rim leaves a large sigma.

    `sides` of the tube in the outline (`measure_sides`) are used as well where they are given.
    """
    edges = (*refined.edges, *sides)
    information, gradient = _depth_part(applicator, refined)
    information = information + _PRIOR
    motions = edge_jacobians(refined.pose, edges, intrinsics)
    rows = [
        _edge_rows(applicator, refined, edge, *motion)
        for edge, motion in zip(edges, motions, strict=True)
    ]
    change, covariance = np.zeros(N_UNKNOWNS), np.zeros((N_UNKNOWNS, N_UNKNOWNS))
    for _ in range(N_REWEIGHTINGS):
        total, right = information, gradient
        for edge, jacobian in zip(edges, rows, strict=True):
            # scatter that the unknowns explain is none: another bevel's rim is no ragged one
            left_px = edge.offsets_px - jacobian @ change
            terms = shift_marginalised(
                jacobian,
                edge_weights(edge, quality.of(edge.name), intrinsics, left_px),
                edge.offsets_px,
                _bias_px(edge, quality.of(edge.name)),
            )
            total, right = total + terms[0], right + terms[1]
        covariance, before = np.linalg.inv(total).astype(np.float64), change
        change = covariance @ right
        if (change - before) @ total @ (change - before) < SETTLED**2:
            break
    slope_x, slope_y = applicator.bevel_slope + change[SLOPE_X], change[SLOPE_Y]
    slope = float(np.hypot(slope_x, slope_y))
    told = covariance[RADIUS:RING, RADIUS:RING] * np.outer(PER_UNKNOWN, PER_UNKNOWN)
    slope_sigma = largest_sigma(told[1:, 1:])
    return Dimensions(
        diameter_mm=applicator.inner_diameter_mm + 2 * float(change[RADIUS]),
        diameter_sigma_mm=float(np.sqrt(told[0, 0])),
        bevel_deg=float(np.degrees(np.arctan(slope))),
        bevel_sigma_deg=float(np.degrees(slope_sigma / (1 + slope**2))),
        bevel_direction_deg=float(np.degrees(np.arctan2(slope_y, slope_x))),
        rim_arc_deg=sum(360 / N_CURVE_POINTS * len(e.offsets_px) for e in edges if e.name == EXIT),
        covariance=told,
    )


def _edge_rows(
    applicator: Applicator, refined: Refined, edge: EdgeOffsets, jacobian: Float, per_shift: Float
) -> Float:
    """How an edge's offsets follow all unknowns, (n, N_UNKNOWNS), from `edge_jacobians`."""
    is_exit, is_side = edge.name == EXIT, edge.name == SIDE
    is_on_ring = applicator.has_ring and not (is_exit or is_side)
    return with_shape(jacobian, per_shift, edge.points_camera_mm, refined.pose, is_exit, is_on_ring)


@compiled(NEW_ROWS, ROWS, ROWS, ROWS, ROWS, FLAG, FLAG)
def with_shape(
    jacobian: Float,
    per_shift: Float,
    points_camera_mm: Float,
    pose: Float,
    is_exit: bool,
    is_on_ring: bool,
) -> Float:
    """The rows (n, 6), followed by how offsets follow radius, slopes and the ring's radius."""
    n, local = len(jacobian), np.empty(3)
    rows = np.zeros((n, N_UNKNOWNS))
    for row in range(n):
        rows[row, :N_POSE] = jacobian[row]
        for axis in range(3):
            local[axis] = 0.0
            for other in range(3):
                left = points_camera_mm[row, other] - pose[other, 3]
                local[axis] += left * pose[other, axis]
        if is_exit:
            rows[row, SLOPE_X] = -per_shift[row, 2] * local[0]
            rows[row, SLOPE_Y] = -per_shift[row, 2] * local[1]
        outwards = per_shift[row, 0] * local[0] + per_shift[row, 1] * local[1]
        growth = outwards / np.sqrt(local[0] ** 2 + local[1] ** 2)
        rows[row, RING if is_on_ring else RADIUS] = growth
    return rows


def _bias_px(edge: EdgeOffsets, quality: EdgeQuality) -> float:
    bias_px = edge_bias_px(edge, quality)
    return SIDES_ALIKE * bias_px if edge.name == SIDE else bias_px


def _depth_part(applicator: Applicator, refined: Refined) -> tuple[Float, Float]:
    depth = refined.depth
    jacobian = with_radii(
        depth.jacobian,
        depth.gains,
        depth.points_mm,
        depth.normals,
        applicator.outer_radius_mm * TUBE_REACH,
        WALL_COSINE,
    )
    told, pull = robust_equations(
        jacobian, depth.residuals, TUKEY * depth.spread, refined.inflation
    )
    information, gradient = np.zeros((N_UNKNOWNS, N_UNKNOWNS)), np.zeros(N_UNKNOWNS)
    information[_TOLD_BY_DEPTH] = told
    gradient[_TOLD_BY_DEPTH[1][0]] = pull
    return information, gradient


@compiled(NEW_ROWS, ROWS, VECTOR, ROWS, ROWS, REAL, REAL)
def with_radii(
    jacobian: Float,
    gains: Float,
    points_mm: Float,
    normals: Float,
    tube_reach_mm: float,
    wall_cosine: float,
) -> Float:
    """The rows (n, 6) of `DepthTerms`, followed by their slopes by the tube's and ring's radius."""
    n = len(jacobian)
    rows = np.zeros((n, N_POSE + 2))
    for row in range(n):
        rows[row, :N_POSE] = jacobian[row]
        x, y = points_mm[row, 0], points_mm[row, 1]
        outwards = normals[row, 0] * x + normals[row, 1] * y
        if abs(normals[row, 2]) < wall_cosine:
            is_on_tube = np.hypot(x, y) < tube_reach_mm
            rows[row, N_POSE if is_on_tube else N_POSE + 1] = gains[row] * np.sign(outwards)
    return rows
