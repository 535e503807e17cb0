"""What the image says of the cone's diameter and bevel, without believing the plan.

One step of the likelihood with three more unknowns at the registered pose: the wall's
radius and the exit plane's slope along x and y. A wrong cone that was registered with the
planned geometry shows itself as a change of radius or slope.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
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

N_POSE, RADIUS, SLOPE_X, SLOPE_Y = 6, 6, 7, 8
N_UNKNOWNS = 9
ROLL = 2
ROLL_PRIOR_SIGMA_RAD = 1e-3  # a turned bevel is a slope along y: one of the two must stand still
RADIUS_PRIOR_SIGMA_MM = 50.0
SLOPE_PRIOR_SIGMA = 1.0
K_CONSISTENT, K_EXCLUDED = 3.5, 4.0  # in sigma: a candidate fits within, is ruled out beyond
DIAMETER_FLOOR_MM, BEVEL_FLOOR_DEG = 0.4, 1.0  # manufacture and depth bias, beyond the noise


def measure_dimensions(
    applicator: Applicator, refined: Refined, quality: EdgeQuality, intrinsics: CameraIntrinsics
) -> Dimensions:
    """Estimate diameter and bevel at the registered pose; a hidden rim leaves a large sigma."""
    information, gradient = _depth_part(applicator, refined)
    for edge in refined.edges:
        jacobian, per_shift = edge_jacobian(refined.pose, edge, intrinsics)
        local = (edge.points_camera_mm - refined.pose[:3, 3]) @ refined.pose[:3, :3]
        extra = _edge_shape(edge.name, applicator, local, per_shift)
        edge_information, edge_gradient = shift_marginalised(
            np.concatenate([jacobian, extra], axis=1),
            edge_weights(edge, quality, intrinsics),
            edge.offsets_px,
            edge_bias_px(edge, quality),
        )
        information, gradient = information + edge_information, gradient + edge_gradient
    prior = np.zeros(N_UNKNOWNS)
    prior[:N_POSE] = 1e-6
    prior[ROLL] += 1 / ROLL_PRIOR_SIGMA_RAD**2
    prior[RADIUS] = 1 / RADIUS_PRIOR_SIGMA_MM**2
    prior[[SLOPE_X, SLOPE_Y]] = 1 / SLOPE_PRIOR_SIGMA**2
    covariance = np.linalg.inv(information + np.diag(prior))
    change = covariance @ gradient
    slope_x, slope_y = applicator.bevel_slope + change[SLOPE_X], change[SLOPE_Y]
    slope = float(np.hypot(slope_x, slope_y))
    slope_sigma = float(np.sqrt(np.linalg.eigvalsh(covariance[SLOPE_X:, SLOPE_X:])[-1]))
    return Dimensions(
        diameter_mm=applicator.inner_diameter_mm + 2 * float(change[RADIUS]),
        diameter_sigma_mm=2 * float(np.sqrt(covariance[RADIUS, RADIUS])),
        bevel_deg=float(np.degrees(np.arctan(slope))),
        bevel_sigma_deg=float(np.degrees(slope_sigma / (1 + slope**2))),
    )


def _depth_part(applicator: Applicator, refined: Refined) -> tuple[Float, Float]:
    depth = refined.depth
    radial = np.hypot(depth.points_mm[:, 0], depth.points_mm[:, 1])
    on_tube = (np.abs(depth.normals[:, 2]) < WALL_COSINE) & (
        radial < applicator.outer_radius_mm * 1.05
    )
    outward = np.sign(np.einsum("ij,ij->i", depth.normals[:, :2], depth.points_mm[:, :2]))
    growth = np.where(on_tube, depth.gains * outward, 0.0)
    jacobian = np.concatenate([depth.jacobian, growth[:, None], np.zeros((len(radial), 2))], axis=1)
    weights = depth_weights(depth, refined.inflation)
    return normal_equations(jacobian, weights, np.nan_to_num(depth.residuals))


def _edge_shape(name: str, applicator: Applicator, local: Float, per_shift: Float) -> Float:
    """How an edge's offsets follow radius and slopes, (n, 3)."""
    extra = np.zeros((len(local), 3))
    if name == "exit":
        extra[:, 1] = -per_shift[:, 2] * local[:, 0]
        extra[:, 2] = -per_shift[:, 2] * local[:, 1]
    if name == "exit" or not applicator.has_ring:
        radial = local[:, :2] / np.linalg.norm(local[:, :2], axis=1, keepdims=True)
        extra[:, 0] = np.einsum("ij,ij->i", per_shift[:, :2], radial)
    return extra


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
        float(np.hypot(dimensions.diameter_sigma_mm, DIAMETER_FLOOR_MM)),
        {a.inner_diameter_mm for a in peers},
    )
    bevel = _only_candidate(
        dimensions.bevel_deg,
        float(np.hypot(dimensions.bevel_sigma_deg, BEVEL_FLOOR_DEG)),
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
