"""Maximum-likelihood pose: damped Gauss-Newton on the terms of `tracking.likelihood`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.contour import EdgeOffsets, Outline, measure_edges
from tracking.likelihood import (
    DepthTerms,
    depth_equations,
    depth_terms,
    edge_equations,
    spread_of,
)
from tracking.rig import DepthNoise
from tracking.segmentation import EdgeQuality
from tracking.stereo_noise import correlation_inflation
from tracking.transforms import orthonormalise, rotation_from_vector

MAX_ROUNDS = 16
MAX_ITERATIONS = 4  # a round
STEP_TOLERANCE_MM = 5e-3  # movement of the cone's ends: far below any sigma
ROUND_TOLERANCE = 0.2  # Mahalanobis length of a round's motion, by the residuals' scatter
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


@dataclass(frozen=True, eq=False)
class _Problem:
    """What the iteration reads and never changes."""

    model: ConeModel
    pixels: ApplicatorPixels
    outline: Outline
    quality: EdgeQuality
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    inflation: float


@dataclass(frozen=True, eq=False)
class _Round:
    """One round: where it ended, its total step, and the information there."""

    pose: Float
    step: Float
    information: Float
    edges: tuple[EdgeOffsets, ...]
    edge_information: Float
    spread: float


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
    problem = _Problem(model, pixels, outline, quality, intrinsics, noise, inflation)
    current = _round(problem, start)
    pose, converged = current.pose, _has_settled(current)
    for _ in range(MAX_ROUNDS - 1):
        if converged:
            break
        following = _round(problem, pose)
        turns_back = following.step @ following.information @ current.step < 0
        pose = _moved(pose, following.step / 2) if turns_back else following.pose
        current, converged = following, _has_settled(following)
    depth = depth_terms(model, pose, pixels, noise)
    information = depth_equations(depth, inflation)[0] + current.edge_information
    return Refined(pose, information, converged, depth, current.edges, inflation)


def _round(problem: _Problem, start: Float) -> _Round:
    """Iterate on the depth with the outline as it looks from `start`."""
    edges = measure_edges(problem.model, start, problem.outline, problem.intrinsics)
    edge_information, edge_gradient = np.zeros((6, 6)), np.zeros(6)
    for edge in edges:
        terms = edge_equations(start, edge, problem.quality, problem.intrinsics)
        edge_information, edge_gradient = edge_information + terms[0], edge_gradient + terms[1]
    pose, total, information, spread = start, np.zeros(6), edge_information, 1.0
    for _ in range(MAX_ITERATIONS):
        depth = depth_terms(problem.model, pose, problem.pixels, problem.noise)
        spread = spread_of(depth.residuals)
        information, gradient = depth_equations(depth, problem.inflation)
        information = information + edge_information
        gradient = gradient + edge_gradient - edge_information @ total
        step = np.linalg.solve(information + _damping(information), gradient).astype(np.float64)
        pose, total = _moved(pose, step), total + step
        if _movement_mm(problem.model, step) < STEP_TOLERANCE_MM:
            break
    return _Round(pose, total, information, tuple(edges), edge_information, spread)


def _has_settled(current: _Round) -> bool:
    length = float(np.sqrt(current.step @ current.information @ current.step))
    return length < ROUND_TOLERANCE * current.spread


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
