"""What the image says of the cone's diameter and bevel, without believing the plan.

One step of the likelihood with four more unknowns at the registered pose: the wall's radius,
the exit plane's slope along x and y, and the ring's radius (another cone may wear another ring).
A wrong cone that was registered with the planned geometry shows itself as a change of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import N_CURVE_POINTS
from tracking.contour import EdgeOffsets
from tracking.likelihood import (
    WALL_COSINE,
    depth_weights,
    edge_bias_px,
    edge_jacobian,
    edge_weights,
    normal_equations,
    shift_marginalised,
)
from tracking.refine import Refined
from tracking.registration import Dimensions
from tracking.segmentation import EdgeQuality
from tracking.sides import SIDE

N_POSE, RADIUS, SLOPE_X, SLOPE_Y, RING = 6, 6, 7, 8, 9
N_UNKNOWNS = 10
N_REWEIGHTINGS = 3
SETTLED = 0.1  # Mahalanobis length of a change: the next would be a tenth of it
ROLL = 2
ROLL_PRIOR_SIGMA_RAD = 1e-3  # a turned bevel is a slope along y: one of the two must stand still
RADIUS_PRIOR_SIGMA_MM = 50.0
SLOPE_PRIOR_SIGMA = 1.0
TUBE_REACH = 1.05  # of the outer radius: beyond it a side belongs to the ring
SIDES_ALIKE = 2**0.5  # both sides' labels may be thick alike: the width then errs so much more
K_CONSISTENT, K_EXCLUDED = 3.5, 4.0  # in sigma: a candidate fits within, is ruled out beyond
DIAMETER_STEP_MM, BEVEL_STEP_DEG = 5.0, 15.0  # between neighbours of published catalogues
DIAMETER_FLOOR_MM, BEVEL_FLOOR_DEG = 0.4, 1.0  # manufacture and depth bias, beyond the noise


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
    rows = [_edge_rows(applicator, refined, edge, intrinsics) for edge in edges]
    change, covariance = np.zeros(N_UNKNOWNS), np.zeros((N_UNKNOWNS, N_UNKNOWNS))
    for _ in range(N_REWEIGHTINGS):
        total, right = information, gradient
        for edge, jacobian in zip(edges, rows, strict=True):
            # scatter that the unknowns explain is none: another bevel's rim is no ragged one
            left = replace(edge, offsets_px=edge.offsets_px - jacobian @ change)
            terms = shift_marginalised(
                jacobian,
                edge_weights(left, quality, intrinsics),
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
    slope_sigma = float(np.sqrt(np.linalg.eigvalsh(covariance[SLOPE_X:RING, SLOPE_X:RING])[-1]))
    return Dimensions(
        diameter_mm=applicator.inner_diameter_mm + 2 * float(change[RADIUS]),
        diameter_sigma_mm=2 * float(np.sqrt(covariance[RADIUS, RADIUS])),
        bevel_deg=float(np.degrees(np.arctan(slope))),
        bevel_sigma_deg=float(np.degrees(slope_sigma / (1 + slope**2))),
        bevel_direction_deg=float(np.degrees(np.arctan2(slope_y, slope_x))),
        rim_arc_deg=sum(
            360 / N_CURVE_POINTS * len(e.offsets_px) for e in edges if e.name == "exit"
        ),
    )


def _edge_rows(
    applicator: Applicator, refined: Refined, edge: EdgeOffsets, intrinsics: CameraIntrinsics
) -> Float:
    """How an edge's offsets follow all unknowns, (n, N_UNKNOWNS)."""
    jacobian, per_shift = edge_jacobian(refined.pose, edge, intrinsics)
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


def fits(dimensions: Dimensions, applicator: Applicator) -> bool:
    """Whether diameter and bevel agree with an applicator's within what chance explains."""
    off_diameter = abs(dimensions.diameter_mm - applicator.inner_diameter_mm)
    off_bevel = abs(dimensions.bevel_deg - applicator.bevel_deg)
    return off_diameter <= K_CONSISTENT * _diameter_sigma_mm(dimensions) and (
        off_bevel <= K_CONSISTENT * _bevel_sigma_deg(dimensions)
    )


def nearest(dimensions: Dimensions, applicators: Sequence[Applicator]) -> list[Applicator]:
    """The applicators by how far their steps in size are from the measured one, nearest first."""

    def distance(applicator: Applicator) -> float:
        off_diameter = abs(dimensions.diameter_mm - applicator.inner_diameter_mm)
        off_bevel = abs(dimensions.bevel_deg - applicator.bevel_deg)
        return off_diameter / DIAMETER_STEP_MM + off_bevel / BEVEL_STEP_DEG

    return sorted(applicators, key=distance)


def _diameter_sigma_mm(dimensions: Dimensions) -> float:
    return float(np.hypot(dimensions.diameter_sigma_mm, DIAMETER_FLOOR_MM))


def _bevel_sigma_deg(dimensions: Dimensions) -> float:
    return float(np.hypot(dimensions.bevel_sigma_deg, BEVEL_FLOOR_DEG))


def identify(
    dimensions: Dimensions | None, planned: Applicator, catalogue: Mapping[str, Applicator]
) -> ApplicatorIdentity:
    """Which of the machine's applicators the dimensions belong to.

    Decided where one catalogue diameter, and one of its bevels, fits the measurement and all
    others are excluded by it. Fails to: undecided.
    """
    if dimensions is None:
        return ApplicatorIdentity()
    peers = [a for a in catalogue.values() if a.machine == planned.machine] or [planned]
    diameter = _only_candidate(
        dimensions.diameter_mm,
        _diameter_sigma_mm(dimensions),
        {a.inner_diameter_mm for a in peers},
    )
    bevel = _only_candidate(
        dimensions.bevel_deg,
        _bevel_sigma_deg(dimensions),
        {a.bevel_deg for a in peers if a.inner_diameter_mm == diameter},
    )
    matches = [a for a in peers if (a.inner_diameter_mm, a.bevel_deg) == (diameter, bevel)]
    match = planned if planned in matches else next(iter(matches), None)
    return ApplicatorIdentity(
        value=match.id if match else None,
        diameter_mm=dimensions.diameter_mm,
        bevel_deg=dimensions.bevel_deg,
        decided=match is not None,
    )


def _only_candidate(value: float, sigma: float, candidates: set[float]) -> float | None:
    """The one candidate that fits the value while every other one is excluded, else None."""
    distances = {c: abs(value - c) / sigma for c in candidates}
    fitting = [c for c, distance in distances.items() if distance <= K_CONSISTENT]
    possible = [c for c, distance in distances.items() if not distance >= K_EXCLUDED]
    return fitting[0] if len(fitting) == 1 and possible == fitting else None
