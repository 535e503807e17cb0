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

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.depth_comparison import (
    calm_noisy_groups,
    compared,
    faces_off,
    robust_equations,
    silence_few_faces,
)
from tracking.depth_noise import DepthNoise
from tracking.robust import spread_of

TUKEY = 5.0  # in sigma: keeps 97 % of the Gaussian efficiency


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

    def faces_off(self, sigma: float) -> tuple[int, int]:
        """Usable pixels on faces across the axis, which fix the slide; those further off the model.

        In units of the residuals' scatter.
        """
        return faces_off(self.residuals, self.normals, self.gains, sigma * self.spread)


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
        pixels.depth_mm,
        pixels.is_border,
        noise.sigma_coefficients(pixels.fx),
    )
    silence_few_faces(residuals, jacobian, gains, hits.normals)
    calm_noisy_groups(residuals, jacobian, gains, groups)
    return DepthTerms(residuals, jacobian, hits.points_mm, hits.normals, gains, n_hits, n_grazing)


def depth_equations(
    depth: DepthTerms, inflation: float, widening: float = 1.0
) -> tuple[Float, Float]:
    """Normal equations of the depth for small motions."""
    return robust_equations(
        depth.jacobian, depth.residuals, widening * TUKEY * depth.spread, inflation
    )
