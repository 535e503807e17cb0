"""What the image says of the cone's diameter and bevel, without believing the plan.

One step of the likelihood with four more unknowns at the registered pose: the wall's radius,
the exit plane's slope along x and y, and the ring's radius (another cone may wear another ring).
A wrong cone that was registered with the planned geometry shows itself as a change of these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import N_CURVE_POINTS
from tracking.contour import EdgeOffsets
from tracking.depth_comparison import WALL_COSINE
from tracking.edge_equations import (
    edge_bias_px,
    edge_jacobians,
    edge_weights,
    shift_marginalised,
)
from tracking.likelihood import depth_weights, normal_equations
from tracking.refine import Refined
from tracking.registration import Dimensions
from tracking.segmentation import EdgeQuality
from tracking.sides import SIDE

N_POSE, RADIUS, SLOPE_X, SLOPE_Y, RING = 6, 6, 7, 8, 9
N_UNKNOWNS = 10
PER_UNKNOWN = (2.0, 1.0, 1.0)  # diameter per radius; slopes as they are
N_REWEIGHTINGS = 3
SETTLED = 0.1  # Mahalanobis length of a change: the next would be a tenth of it
ROLL = 2
ROLL_PRIOR_SIGMA_RAD = 1e-3  # a turned bevel is a slope along y: one of the two must stand still
RADIUS_PRIOR_SIGMA_MM = 50.0
SLOPE_PRIOR_SIGMA = 1.0
TUBE_REACH = 1.05  # of the outer radius: beyond it a side belongs to the ring
SIDES_ALIKE = 2**0.5  # both sides' labels may be thick alike: the width then errs so much more


def measure_dimensions(
    applicator: Applicator,
    refined: Refined,
    quality: EdgeQuality,
    intrinsics: CameraIntrinsics,
    sides: Sequence[EdgeOffsets] = (),
) -> Dimensions:
    """Estimate diameter and bevel at the registered pose; a hidden rim leaves a large sigma.

    `sides` of the tube in the outline (`measure_sides`) are used as well where they are given.
    """
    edges = (*refined.edges, *sides)
    information, gradient = _depth_part(applicator, refined)
    prior = np.zeros(N_UNKNOWNS)
    prior[:N_POSE] = 1e-6
    prior[ROLL] += 1 / ROLL_PRIOR_SIGMA_RAD**2
    prior[[RADIUS, RING]] = 1 / RADIUS_PRIOR_SIGMA_MM**2
    prior[[SLOPE_X, SLOPE_Y]] = 1 / SLOPE_PRIOR_SIGMA**2
    information = information + np.diag(prior)
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
                edge_weights(edge, quality, intrinsics, left_px),
                edge.offsets_px,
                _bias_px(edge, quality),
            )
            total, right = total + terms[0], right + terms[1]
        covariance, before = np.linalg.inv(total).astype(np.float64), change
        change = covariance @ right
        if (change - before) @ total @ (change - before) < SETTLED**2:
            break
    slope_x, slope_y = applicator.bevel_slope + change[SLOPE_X], change[SLOPE_Y]
    slope = float(np.hypot(slope_x, slope_y))
    told = covariance[RADIUS:RING, RADIUS:RING] * np.outer(PER_UNKNOWN, PER_UNKNOWN)
    slope_sigma = float(np.sqrt(np.linalg.eigvalsh(told[1:, 1:])[-1]))
    return Dimensions(
        diameter_mm=applicator.inner_diameter_mm + 2 * float(change[RADIUS]),
        diameter_sigma_mm=float(np.sqrt(told[0, 0])),
        bevel_deg=float(np.degrees(np.arctan(slope))),
        bevel_sigma_deg=float(np.degrees(slope_sigma / (1 + slope**2))),
        bevel_direction_deg=float(np.degrees(np.arctan2(slope_y, slope_x))),
        rim_arc_deg=sum(
            360 / N_CURVE_POINTS * len(e.offsets_px) for e in edges if e.name == "exit"
        ),
        covariance=told,
    )


def _edge_rows(
    applicator: Applicator, refined: Refined, edge: EdgeOffsets, jacobian: Float, per_shift: Float
) -> Float:
    """How an edge's offsets follow all unknowns, (n, N_UNKNOWNS), from `edge_jacobians`."""
    local = (edge.points_camera_mm - refined.pose[:3, 3]) @ refined.pose[:3, :3]
    return np.concatenate([jacobian, _edge_shape(edge.name, applicator, local, per_shift)], axis=1)


def _bias_px(edge: EdgeOffsets, quality: EdgeQuality) -> float:
    bias_px = edge_bias_px(edge, quality)
    return SIDES_ALIKE * bias_px if edge.name == SIDE else bias_px


def _depth_part(applicator: Applicator, refined: Refined) -> tuple[Float, Float]:
    depth = refined.depth
    radial = np.hypot(depth.points_mm[:, 0], depth.points_mm[:, 1])
    is_side = np.abs(depth.normals[:, 2]) < WALL_COSINE
    on_tube = is_side & (radial < applicator.outer_radius_mm * TUBE_REACH)
    outward = np.sign((depth.normals[:, :2] * depth.points_mm[:, :2]).sum(axis=1))
    growth = depth.gains * outward
    extra = np.zeros((N_UNKNOWNS - N_POSE, len(radial))).T
    extra[:, RADIUS - N_POSE] = np.where(on_tube, growth, 0.0)
    extra[:, RING - N_POSE] = np.where(is_side & ~on_tube, growth, 0.0)
    jacobian = np.concatenate([depth.jacobian, extra], axis=1)
    weights = depth_weights(depth, refined.inflation)
    return normal_equations(jacobian, weights, depth.known_residuals)


def _edge_shape(name: str, applicator: Applicator, local: Float, per_shift: Float) -> Float:
    """How an edge's offsets follow radius, slopes and the ring's radius, (n, 4)."""
    extra = np.zeros((len(local), N_UNKNOWNS - N_POSE))
    if name == "exit":
        extra[:, SLOPE_X - N_POSE] = -per_shift[:, 2] * local[:, 0]
        extra[:, SLOPE_Y - N_POSE] = -per_shift[:, 2] * local[:, 1]
    is_on_ring = applicator.has_ring and name not in ("exit", SIDE)
    radial = local[:, :2] / np.linalg.norm(local[:, :2], axis=1, keepdims=True)
    growth = np.einsum("ij,ij->i", per_shift[:, :2], radial)
    extra[:, (RING if is_on_ring else RADIUS) - N_POSE] = growth
    return extra
