"""What the image says of the cone's diameter and bevel, without believing the plan.

One step of the likelihood with three more unknowns at the registered pose: the wall's
radius and the exit plane's slope along x and y. A wrong cone that was registered with the
planned geometry shows itself as a change of radius or slope.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import numpy as np

from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.likelihood import (
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
WALL_COSINE = 0.3  # |n_z| below which a hit lies on the wall
K_SIGMA = 3.0
DEFAULT_DIAMETER_STEP_MM = 5.0  # neighbours where the catalogue knows only one diameter
DEFAULT_BEVEL_STEP_DEG = 15.0


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

    Decided where value and k = 3 sigma stay within half a step of one catalogue diameter and
    of one of its bevels. Fails to: undecided.
    """
    if dimensions is None:
        return ApplicatorIdentity()
    peers = [a for a in catalogue.values() if a.machine == planned.machine] or [planned]
    diameter = _nearest_step(
        dimensions.diameter_mm,
        dimensions.diameter_sigma_mm,
        sorted({a.inner_diameter_mm for a in peers}),
        DEFAULT_DIAMETER_STEP_MM,
    )
    bevels = {a.bevel_deg for a in peers if diameter is None or a.inner_diameter_mm == diameter}
    bevel = _nearest_step(
        dimensions.bevel_deg, dimensions.bevel_sigma_deg, sorted(bevels), DEFAULT_BEVEL_STEP_DEG
    )
    match = _entry(peers, planned, diameter, bevel)
    return ApplicatorIdentity(
        value=match.id if match else None,
        diameter_mm=dimensions.diameter_mm,
        bevel_deg=dimensions.bevel_deg,
        decided=match is not None,
    )


def _entry(
    peers: list[Applicator], planned: Applicator, diameter: float | None, bevel: float | None
) -> Applicator | None:
    matches = [a for a in peers if a.inner_diameter_mm == diameter and a.bevel_deg == bevel]
    return planned if planned in matches else next(iter(matches), None)


def _nearest_step(
    value: float, sigma: float, steps: list[float], default_step: float
) -> float | None:
    """The step whose half-way marks to its neighbours enclose value +- k sigma, else None."""
    if not (isfinite(value) and isfinite(sigma)):
        return None
    index = int(np.argmin([abs(value - step) for step in steps]))
    below = steps[index] - steps[index - 1] if index > 0 else default_step
    above = steps[index + 1] - steps[index] if index + 1 < len(steps) else default_step
    low, high = steps[index] - below / 2, steps[index] + above / 2
    is_inside = low < value - K_SIGMA * sigma and value + K_SIGMA * sigma < high
    return steps[index] if is_inside else None
