"""Maximum-likelihood pose: damped Gauss-Newton on the terms of `tracking.likelihood`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.contour import EdgeOffsets, Outline, measure_edges
from tracking.likelihood import DepthTerms, depth_equations, depth_terms, edge_equations
from tracking.rig import DepthNoise
from tracking.segmentation import EdgeQuality
from tracking.stereo_noise import correlation_inflation
from tracking.transforms import orthonormalise, rotation_from_vector

MAX_ROUNDS = 10
MAX_ITERATIONS = 4  # a round
STEP_TOLERANCE_MM = 2e-3  # movement of the cone's ends: far below any sigma
ROUND_TOLERANCE = 0.2  # Mahalanobis length of a round's motion: a fifth of a sigma
ROLL_STEP_SIGMA_RAD = 0.2  # damping only: bounds one step, pulls nowhere
AXIAL_STEP_SIGMA_MM = 5.0


@dataclass(frozen=True, eq=False)
class Refined:
    """Where the iteration ended.

    Attributes
    ----------
    pose : (4, 4) camera_from_applicator
    information : (6, 6)
        Of (rotation, exit displacement) in *applicator* axes about the exit centre: index 2 is
        roll, index 5 the slide along the axis. Noise correlation included.
    converged : bool
    depth, edges : the terms at `pose`
    inflation : variance of the depth's mean over that of white noise, on its pixel grid
    """

    pose: Float
    information: Float
    converged: bool
    depth: DepthTerms
    edges: tuple[EdgeOffsets, ...]
    inflation: float


def refine(
    model: ConeModel,
    start: Float,
    pixels: ApplicatorPixels,
    outline: Outline,
    quality: EdgeQuality,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Refined:
    """Refine `start` (camera_from_applicator) to the maximum of the likelihood.

    The outline is read off the label image once a round, the depth at every iteration, so
    that the outline's pixel steps cannot keep the iteration from settling; a round that turns
    back goes half the way (outline points that come and go can make whole steps alternate).
    """
    inflation = correlation_inflation(pixels.stride_px, noise.correlation_px)
    pose, converged = start, False
    previous_step = np.zeros(6)
    for _ in range(MAX_ROUNDS):
        round_start = pose
        edges = measure_edges(model, pose, outline, intrinsics)
        terms = [edge_equations(pose, edge, quality, intrinsics) for edge in edges]
        edge_information = sum((term[0] for term in terms), np.zeros((6, 6)))
        edge_gradient = sum((term[1] for term in terms), np.zeros(6))
        round_step = np.zeros(6)
        for _ in range(MAX_ITERATIONS):
            depth = depth_terms(model, pose, pixels, noise)
            information, gradient = depth_equations(depth, inflation)
            information += edge_information
            gradient += edge_gradient - edge_information @ round_step
            step = np.linalg.solve(information + _damping(information), gradient)
            pose, round_step = _moved(pose, step), round_step + step
            if _movement_mm(model, step) < STEP_TOLERANCE_MM:
                break
        converged = bool(round_step @ information @ round_step < ROUND_TOLERANCE**2)
        if converged:
            break
        if round_step @ information @ previous_step < 0:
            pose = _moved(round_start, round_step / 2)
        previous_step = round_step
    depth = depth_terms(model, pose, pixels, noise)
    information = depth_equations(depth, inflation)[0] + edge_information
    return Refined(pose, information, converged, depth, tuple(edges), inflation)


def _damping(information: Float) -> Float:
    """Bounds a step along directions that carry no information; pulls nowhere."""
    weak = np.zeros(6)
    weak[2], weak[5] = 1 / ROLL_STEP_SIGMA_RAD**2, 1 / AXIAL_STEP_SIGMA_MM**2
    return np.diag(weak + np.trace(information) * 1e-9 + 1e-9)


def _movement_mm(model: ConeModel, step: Float) -> float:
    """How far a step moves the cone's ends and its bevel."""
    turned = float(np.linalg.norm(step[:2])) * model.applicator.length_mm
    rolled = abs(float(step[2])) * model.applicator.bevel_rise_mm
    return float(np.linalg.norm(step[3:])) + turned + rolled


def _moved(pose: Float, step: Float) -> Float:
    """Apply a small motion (rotation, displacement) given in applicator axes at the exit centre."""
    moved = pose.copy()
    moved[:3, :3] = pose[:3, :3] @ rotation_from_vector(step[:3])
    moved[:3, 3] = pose[:3, 3] + pose[:3, :3] @ step[3:]
    return orthonormalise(moved)
