"""Terms of the pose's likelihood: outline, and depth in disparity (constant stereo noise).

A displacement of the surface by w moves the predicted depth along its ray by
z (n . w) / (n . p), p the hit point and n its normal, hence the disparity by
-focal_baseline / z^2 times that. Small motions are (rotation, displacement) of the exit
centre in applicator axes: index 2 is roll, index 5 the slide along the axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.contour import EdgeOffsets
from tracking.rig import DepthNoise
from tracking.segmentation import EdgeQuality

TUKEY = 5.0  # in sigma: keeps 97 % of the Gaussian efficiency
GRAZING_COSINE = (
    0.12  # hits flatter than 83 deg: the depth there is the matcher's, not the surface's
)
EXIT_BURIED_PX = 6.0  # tissue at the rim: 8 mm at 0.55 m and f = 425 px
BURIAL_SIGMA_MM = 0.1  # how unevenly a rim that touches tissue is covered: bumps of 0.3 mm
BURIAL_CORRELATION_MM = 15.0  # a quarter turn of a small rim: folds, not grain
EDGE_TUKEY = 6.0  # in sigma of the outline's points


@dataclass(frozen=True, eq=False)
class DepthTerms:
    """Depth residuals of the sampled pixels at one pose.

    Attributes
    ----------
    residuals : (n,) (measured - predicted disparity) / sigma, NaN where unusable
    jacobian : (n, 6) of the prediction, in sigma per small motion, 0 where unusable
    points_mm, normals : (n, 3) hit points and normals in applicator space
    gains : (n,) predicted disparity in sigma per mm of outward displacement, 0 where unusable
    n_hits, n_grazing : pixels that meet the model; of these, too flat or on too narrow a face
    """

    residuals: Float
    jacobian: Float
    points_mm: Float
    normals: Float
    gains: Float
    n_hits: int
    n_grazing: int


def depth_terms(
    model: ConeModel, pose: Float, pixels: ApplicatorPixels, noise: DepthNoise
) -> DepthTerms:
    """Compare the sampled pixels with the model at `pose` (camera_from_applicator)."""
    hits = model.cast(pose, pixels.rays_camera)
    ray_length = np.linalg.norm(pixels.rays_camera, axis=1)
    facing = np.abs(np.einsum("ij,ij->i", hits.normals_camera, pixels.rays_camera)) / ray_length
    usable = hits.is_hit & (facing > GRAZING_COSINE) & ~hits.is_thin
    z = np.where(usable, hits.z_mm, 1.0)
    residuals = (pixels.disparity_px - pixels.focal_baseline / z) / noise.subpixel_px
    rotation, exit_centre = pose[:3, :3], pose[:3, 3]
    normals = hits.normals_camera @ rotation  # into applicator axes
    levers = (pixels.rays_camera * z[:, None] - exit_centre) @ rotation
    along = np.einsum("ij,ij->i", hits.normals_camera, pixels.rays_camera)
    gain = -pixels.focal_baseline / z**2 / np.where(usable, along, 1.0) / noise.subpixel_px
    gain = np.where(usable, gain, 0.0)
    normals = np.where(usable[:, None], normals, 0.0)
    jacobian = gain[:, None] * np.concatenate([np.cross(levers, normals), normals], axis=1)
    return DepthTerms(
        residuals=np.where(usable, residuals, np.nan),
        jacobian=jacobian,
        points_mm=levers,
        normals=normals,
        gains=gain,
        n_hits=int(hits.is_hit.sum()),
        n_grazing=int((hits.is_hit & ~usable).sum()),
    )


def depth_weights(depth: DepthTerms, inflation: float) -> Float:
    """Robust weights (n,) of the depth residuals, thinned for their correlation."""
    residuals = np.nan_to_num(depth.residuals)
    usable = ~np.isnan(depth.residuals)
    weights: Float = tukey(residuals, TUKEY * spread_of(depth.residuals)) * usable / inflation
    return weights


def spread_of(residuals: Float) -> float:
    """Robust scatter of residuals given in sigma (NaN left out), at least 1: the model's own."""
    finite = residuals[np.isfinite(residuals)]
    return max(1.0, 1.4826 * float(np.median(np.abs(finite)))) if finite.size else 1.0


def normal_equations(jacobian: Float, weights: Float, residuals: Float) -> tuple[Float, Float]:
    """J' W J and J' W r; sums in one order, so that threads cannot change a bit."""
    weighted = jacobian * weights[:, None]
    information: Float = np.einsum("ni,nj->ij", weighted, jacobian)
    gradient: Float = np.einsum("ni,n->i", weighted, residuals)
    return information, gradient


def depth_equations(depth: DepthTerms, inflation: float) -> tuple[Float, Float]:
    """Normal equations of the depth for small motions."""
    weights = depth_weights(depth, inflation)
    return normal_equations(depth.jacobian, weights, np.nan_to_num(depth.residuals))


def edge_jacobian(
    pose: Float, edge: EdgeOffsets, intrinsics: CameraIntrinsics
) -> tuple[Float, Float]:
    """How an edge's offsets (px) follow small motions, (n, 6), and a shift of its points, (n, 3).

    Both in applicator axes.
    """
    x, y, z = edge.points_camera_mm.T
    nu, nv = edge.normals_px.T
    direction = np.stack(
        [
            nu * intrinsics.fx / z,
            nv * intrinsics.fy / z,
            -(nu * intrinsics.fx * x + nv * intrinsics.fy * y) / z**2,
        ],
        axis=1,
    )
    direction = direction @ pose[:3, :3]
    levers = (edge.points_camera_mm - pose[:3, 3]) @ pose[:3, :3]
    return np.concatenate([np.cross(levers, direction), direction], axis=1), direction


def edge_weights(edge: EdgeOffsets, quality: EdgeQuality, intrinsics: CameraIntrinsics) -> Float:
    """Robust weights (n,) of an edge's offsets in 1/px^2, thinned for their correlation.

    The labels' noise and, at the exit, tissue that covers the rim unevenly: variances per
    length of edge add.
    """
    deviations = edge.offsets_px - np.median(edge.offsets_px)
    sigma = max(quality.sigma_px, 1.4826 * float(np.median(np.abs(deviations))))
    per_length = sigma**2 * max(edge.spacing_px, quality.correlation_px)
    if edge.name == "exit":
        px_per_mm = intrinsics.fx / float(np.median(edge.points_camera_mm[:, 2]))
        burial_length_px = max(edge.spacing_px, BURIAL_CORRELATION_MM * px_per_mm)
        per_length += (BURIAL_SIGMA_MM * px_per_mm) ** 2 * burial_length_px
    weights: Float = tukey(deviations, EDGE_TUKEY * sigma) * edge.spacing_px / per_length
    return weights


def shift_marginalised(
    jacobian: Float, weights: Float, offsets: Float, bias_px: float
) -> tuple[Float, Float]:
    """Normal equations of one edge without its common shift (Schur complement)."""
    information, gradient = normal_equations(jacobian, weights, offsets)
    coupling = (jacobian * weights[:, None]).sum(axis=0)
    shift_information = float(weights.sum()) + 1 / bias_px**2
    information = information - np.outer(coupling, coupling) / shift_information
    gradient = gradient - coupling * float((weights * offsets).sum()) / shift_information
    return information, gradient


def edge_equations(
    pose: Float, edge: EdgeOffsets, quality: EdgeQuality, intrinsics: CameraIntrinsics
) -> tuple[Float, Float]:
    """Normal equations of one edge for small motions."""
    jacobian, _ = edge_jacobian(pose, edge, intrinsics)
    weights = edge_weights(edge, quality, intrinsics)
    return shift_marginalised(jacobian, weights, edge.offsets_px, edge_bias_px(edge, quality))


def edge_bias_px(edge: EdgeOffsets, quality: EdgeQuality) -> float:
    """1-sigma of the shift common to an edge: tissue may hide the exit, nothing hides the rest."""
    return EXIT_BURIED_PX if edge.name == "exit" else quality.bias_px


def tukey(residuals: Float, cutoff: float) -> Float:
    """Tukey's biweight, 0 beyond the cutoff."""
    return np.maximum(0.0, 1.0 - (residuals / cutoff) ** 2) ** 2
