"""Maximum-likelihood pose: damped Gauss-Newton on the terms of `tracking.likelihood`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.contour import EdgeOffsets, Outline, measure_edges
from tracking.depth_noise import DepthNoise
from tracking.edge_equations import (
    edge_bias_px,
    edge_jacobians,
    edge_weights,
    shift_marginalised,
)
from tracking.likelihood import TUKEY, DepthTerms, depth_equations, depth_terms
from tracking.newton_step import newton_step
from tracking.segmentation import OutlineQuality
from tracking.stereo_noise import correlation_inflation
from tracking.transforms import moved_in_own_axes, orthonormalise

MAX_ROUNDS = 16
MAX_ITERATIONS = 4  # a round
STEP_TOLERANCE = 0.15  # Mahalanobis length of the last step, by the residuals' scatter: the next
# would be a tenth of it
START_OFF_MM = 8.0  # a start may be off by this: its first step calls nothing nearer an outlier
N_WIDE_ROUNDS = 2
N_DISPUTES = 4  # rounds after which the faces' pixels had their say
DISPUTED_SIGMA = 3.0
EDGE_MOTION_PX = 0.3  # of the outline in a round: within it the offsets are linear


@dataclass(frozen=True, eq=False)
class Refined:
    """Where the iteration ended.

    Attributes
    ----------
    pose : (4, 4) camera_from_applicator
    converged : bool
    depth : the terms just before the last, tiny step to `pose`
    edges : the outline's offsets at `pose`, to first order
    edge_information : (6, 6)
        Of (rotation, exit displacement) in *applicator* axes about the exit centre: index 2 is
        roll, index 5 the slide along the axis.
    inflation : variance of the depth's mean over that of white noise, on its pixel grid
    """

    pose: Float
    converged: bool
    depth: DepthTerms
    edges: tuple[EdgeOffsets, ...]
    edge_information: Float
    inflation: float


@dataclass(frozen=True, eq=False)
class _Problem:
    """What the iteration reads and never changes."""

    model: ConeModel
    pixels: ApplicatorPixels
    outline: Outline
    quality: OutlineQuality
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    inflation: float
    hidden_rim: Bool | None


@dataclass(frozen=True, eq=False)
class _Edges:
    """The outline's terms as they look from one pose: normal equations and Jacobians."""

    edges: tuple[EdgeOffsets, ...]
    jacobians: tuple[Float, ...]
    information: Float
    gradient: Float


@dataclass(frozen=True, eq=False)
class _Round:
    """One round: where it ended, its total step, the terms just before its last, tiny step."""

    pose: Float
    step: Float
    information: Float
    edges: _Edges
    depth: DepthTerms
    has_settled: bool


def refine(
    model: ConeModel,
    start: Float,
    pixels: ApplicatorPixels,
    outline: Outline,
    quality: OutlineQuality,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    hidden_rim: Bool | None = None,
) -> Refined:
    """Refine `start` (camera_from_applicator) to the maximum of the likelihood.

    The outline is read off the label image once a round, the depth at every iteration; a round
    that moves the outline further than its offsets are linear is followed by another. One that
    turns back goes half the way (outline points that come and go can make whole steps alternate).
    """
    inflation = correlation_inflation(pixels.stride_px, noise.correlation_px)
    problem = _Problem(model, pixels, outline, quality, intrinsics, noise, inflation, hidden_rim)
    widening = _widening(problem, start)
    current = _round(problem, start, widening)
    pose = current.pose
    for index in range(1, MAX_ROUNDS):
        disputed = index <= N_DISPUTES and slide_is_disputed(current.depth)
        if current.has_settled and not disputed:
            break
        is_wide = index < N_WIDE_ROUNDS or disputed
        following = _round(problem, pose, widening if is_wide else 1.0)
        turns_back = following.step @ following.information @ current.step < 0
        halves = turns_back and not following.has_settled
        pose = moved_in_own_axes(pose, following.step / 2) if halves else following.pose
        current = following
    return Refined(
        orthonormalise(pose),
        current.has_settled,
        current.depth,
        _moved_edges(current.edges, current.step),
        current.edges.information,
        inflation,
    )


def _round(problem: _Problem, start: Float, widening: float) -> _Round:
    """Iterate on the depth with the outline as it looks from `start`.

    `widening` of the robust cutoff in the first iteration.
    """
    edges = _edge_terms(problem, start)
    pose, total, previous = start, np.zeros(6), np.zeros(6)
    for iteration in range(MAX_ITERATIONS):
        depth = depth_terms(problem.model, pose, problem.pixels, problem.noise)
        is_wide = iteration == 0 and widening > 1.0
        cutoff = widening if is_wide else 1.0
        information, step, square = newton_step(
            *depth_equations(depth, problem.inflation, cutoff),
            *(edges.information, edges.gradient),
            *(total, previous),
        )
        if not np.isfinite(step).all():
            return _Round(pose, total, information, edges, depth, has_settled=False)
        previous = step
        pose, total = moved_in_own_axes(pose, step), total + step
        is_still = not is_wide and square < (STEP_TOLERANCE * depth.spread) ** 2
        if is_still or iteration == MAX_ITERATIONS - 1:
            moved_px = max((float(np.abs(j @ total).max()) for j in edges.jacobians), default=0.0)
            has_settled = is_still and moved_px < EDGE_MOTION_PX
            return _Round(pose, total, information, edges, depth, has_settled)
    raise ValueError("MAX_ITERATIONS must be positive")


def slide_is_disputed(depth: DepthTerms) -> bool:
    """Whether most pixels of the faces across the axis, which fix the slide, are thrown out."""
    n_faces, n_off = depth.faces_off(DISPUTED_SIGMA)
    return 2 * n_off > n_faces


def _widening(problem: _Problem, start: Float) -> float:
    """Of the robust cutoff in a round's first iteration, see `START_OFF_MM`."""
    sigma_mm = problem.noise.sigma_mm(max(float(start[2, 3]), 1.0), problem.intrinsics.fx)
    return max(1.0, START_OFF_MM / (TUKEY * float(sigma_mm)))


def _moved_edges(edges: _Edges, step: Float) -> tuple[EdgeOffsets, ...]:
    """The offsets as they are after the round's step, to first order."""
    return tuple(
        replace(edge, offsets_px=edge.offsets_px - jacobian @ step)
        for edge, jacobian in zip(edges.edges, edges.jacobians, strict=True)
    )


def _edge_terms(problem: _Problem, pose: Float) -> _Edges:
    edges = measure_edges(
        problem.model, pose, problem.outline, problem.intrinsics, problem.hidden_rim
    )
    information, gradient = np.zeros((6, 6)), np.zeros(6)
    jacobians = [motion for motion, _ in edge_jacobians(pose, edges, problem.intrinsics)]
    for edge, jacobian in zip(edges, jacobians, strict=True):
        quality = problem.quality.of(edge.name)
        weights = edge_weights(edge, quality, problem.intrinsics)
        bias_px = edge_bias_px(edge, quality)
        terms = shift_marginalised(jacobian, weights, edge.offsets_px, bias_px)
        information, gradient = information + terms[0], gradient + terms[1]
    return _Edges(tuple(edges), tuple(jacobians), information, gradient)
