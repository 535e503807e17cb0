"""Terms of the pose's likelihood from the depth, in units of its noise.

Depth is compared where its noise is constant: for a stereo camera in disparity (`DepthNoise`).
A displacement of the surface by w moves the predicted depth along its ray by
z (n . w) / (n . p), p the hit point and n its normal; the residual by that over sigma(z). Small
motions are (rotation, displacement) of the exit centre in applicator axes: index 2 is roll,
index 5 the slide along the axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Bool, Float, UInt8
from tracking.cone_model import ConeModel
from tracking.depth_comparison import (
    BORDER,
    HOLLOW,
    REST,
    calm,
    compared,
    group_scatter,
    robust_equations,
)
from tracking.depth_noise import DepthNoise
from tracking.robust import NORMAL_MAD, spread_of

TUKEY = 5.0  # in sigma: keeps 97 % of the Gaussian efficiency
NOTABLE_SCATTER = 1.3  # over what is expected: no longer chance
MIN_REFERENCE_PIXELS = 100  # fewer, and nothing can be called noisier than the rest
MAX_BORDER_SCALE = 4.0  # beyond, it is another surface; a hollow may mirror anything
MIN_GROUP_PIXELS = 30  # of fewer the scatter is chance
FACE_COSINE = 0.85  # |n_z| above which it lies on a face across the axis


@dataclass(frozen=True, eq=False)
class DepthTerms:
    """Depth residuals of the sampled pixels at one pose.

    Attributes
    ----------
    residuals : (n,) measured against predicted in sigma, nearer is positive, NaN where unusable
    jacobian : (n, 6) of the prediction, in sigma per small motion, 0 where unusable
    points_mm, normals : (n, 3) hit points and normals in applicator space
    gains : (n,) prediction in sigma per mm of outward displacement, 0 where unusable
    n_hits, n_grazing : pixels that meet the model; of these, too flat or on too narrow a face
    """

    residuals: Float
    jacobian: Float
    points_mm: Float
    normals: Float
    gains: Float
    n_hits: int
    n_grazing: int

    @cached_property
    def spread(self) -> float:
        """Robust scatter of the residuals in sigma, at least 1: the noise model's own."""
        return spread_of(self.residuals)

    @property
    def is_face(self) -> Bool:
        """Usable pixels on faces across the axis, which fix the slide: (n,)."""
        is_face: Bool = (np.abs(self.normals[:, 2]) > FACE_COSINE) & (self.gains != 0)
        return is_face


def depth_terms(
    model: ConeModel, pose: Float, pixels: ApplicatorPixels, noise: DepthNoise
) -> DepthTerms:
    """Compare the sampled pixels with the model at `pose` (camera_from_applicator)."""
    hits = model.cast(pose, pixels.rays_camera)
    residuals, jacobian, gains, groups, n_hits, n_grazing = compared(
        hits.z_mm,
        hits.is_hit,
        hits.is_thin,
        hits.points_mm,
        hits.normals,
        hits.rays,
        pixels.ray_lengths,
        pixels.depth_mm,
        pixels.is_border,
        noise.sigma_coefficients(pixels.fx),
    )
    for group, scale in _noisy_groups(residuals, groups):
        calm(residuals, jacobian, gains, groups, group, scale)
    return DepthTerms(residuals, jacobian, hits.points_mm, hits.normals, gains, n_hits, n_grazing)


def _noisy_groups(residuals: Float, groups: UInt8) -> list[tuple[int, float]]:
    """Groups of pixels with the factor by which they are noisier than the rest.

    A matcher smears outlines, and a hollow reflects itself: where such pixels scatter notably
    more than the wall's, about the model and not about their own mean, their noise is taken to
    be as large as that. Nothing scatters less than the noise model says.
    """
    scatter, n_known, _ = group_scatter(residuals, groups, REST)
    if n_known < MIN_REFERENCE_PIXELS:
        return []
    reference = max(1.0, NORMAL_MAD * scatter)
    noisy: list[tuple[int, float]] = []
    for group, largest in ((BORDER, MAX_BORDER_SCALE), (HOLLOW, np.inf)):
        scatter, _, n_pixels = group_scatter(residuals, groups, group)
        ratio = max(1.0, NORMAL_MAD * scatter) / reference
        if ratio > NOTABLE_SCATTER and n_pixels >= MIN_GROUP_PIXELS:
            noisy.append((group, min(ratio, largest)))
    return noisy


def depth_equations(
    depth: DepthTerms, inflation: float, widening: float = 1.0
) -> tuple[Float, Float]:
    """Normal equations of the depth for small motions."""
    return robust_equations(
        depth.jacobian, depth.residuals, widening * TUKEY * depth.spread, inflation
    )
