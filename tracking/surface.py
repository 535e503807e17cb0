"""Fit the tumor bed around the cone's rim and carry it under the cone.

A metal cone that is down hides the bed. The bed seen within one radius outside the rim is
fitted with a plane and its curvature; curvature that this ring cannot tell is bounded by a
prior, so that the sigma under the cone includes it. Fitted in the exit axes, where a bed that the
cone stands on is flat whatever the bevel.

Fails to: a status without a surface.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import (
    N_COEFFICIENTS,
    BedStatus,
    BedSurface,
    exit_axes,
    quadratic_basis,
    quadratic_slopes,
)
from tracking.camera import CameraIntrinsics
from tracking.registration import Registration
from tracking.rig import DepthNoise
from tracking.segmentation import Segmentation
from tracking.stereo_noise import correlation_inflation
from tracking.transforms import invert, transform_points

STRIDE_PX = 3
RIM_MARGIN_MM = 3.0  # next to the wall stereo mixes wall and bed
MAX_HEIGHT_MM = 60.0  # from the exit plane: farther is another surface
MIN_POINTS = 60
MIN_SEEN_DEG = 180.0  # DESIGN section 2
N_SECTORS = 36
MIN_SECTOR_POINTS = 2
CURVATURE_SIGMA_PER_MM = 1 / 150.0  # principal curvature of tissue beds: radius 150 mm is 1 sigma
HIGHER_ORDER_SIGMA_MM = 0.15  # bumps that no quadratic follows, as seen over the field's mean
UNABSORBED_BEND = 0.25  # r^4 over a ring from R to 2 R is 5 R^2 r^2 - 4 R^4: at 0 a quarter is left
TUKEY = 4.5
N_REWEIGHTINGS = 8
MAX_SPREAD = 4.0  # residual scatter over the noise model's: beyond, no smooth surface
BED_BORDER_PX = 2


def fit_bed(
    applicator: Applicator,
    registration: Registration,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> BedSurface:
    """Fit the bed under the registered cone; `depth_mm` is corrected for the rig's bias."""
    if not registration.is_ok or registration.camera_from_applicator is None:
        return BedSurface(BedStatus.NO_POSE)
    camera_from_applicator = registration.camera_from_applicator
    rays, depth = _ring_pixels(
        applicator, camera_from_applicator, segmentation, depth_mm, intrinsics
    )
    if len(depth) == 0:
        return BedSurface(BedStatus.NO_BED)
    applicator_from_camera = invert(camera_from_applicator)
    points = transform_points(applicator_from_camera, rays * depth[:, None])
    in_ring = _in_ring(applicator, points)
    points, rays, depth = points[in_ring], rays[in_ring], depth[in_ring]
    if len(points) < MIN_POINTS:
        return BedSurface(BedStatus.TOO_FEW_POINTS, n_points=len(points))
    seen_deg = _seen_deg(points)
    if seen_deg < MIN_SEEN_DEG:
        return BedSurface(BedStatus.RIM_HIDDEN, seen_deg=seen_deg, n_points=len(points))
    sigma_along_ray = depth**2 / noise.focal_baseline(intrinsics.fx) * noise.subpixel_px
    axes = exit_axes(applicator)
    return _fit(
        axes,
        applicator.outer_radius_mm,
        points @ axes.T,
        rays @ applicator_from_camera[:3, :3].T @ axes.T,
        sigma_along_ray,
        seen_deg,
        correlation_inflation(STRIDE_PX, noise.correlation_px),
    )


def _ring_pixels(
    applicator: Applicator,
    camera_from_applicator: Float,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
) -> tuple[Float, Float]:
    """Rays and depth of bed pixels in the image region that can hold the ring around the rim."""
    reach = 2 * applicator.outer_radius_mm + MAX_HEIGHT_MM
    corners = np.array(
        [[x, y, z] for x in (-reach, reach) for y in (-reach, reach) for z in (-20, 20)]
    )
    camera = transform_points(camera_from_applicator, corners.astype(np.float64))
    camera[:, 2] = np.maximum(camera[:, 2], 1.0)
    uv = intrinsics.project(camera)
    low, high = np.floor(uv.min(axis=0)), np.ceil(uv.max(axis=0))
    columns = slice(
        int(np.clip(low[0], 0, intrinsics.width)), int(np.clip(high[0], 0, intrinsics.width))
    )
    rows = slice(
        int(np.clip(low[1], 0, intrinsics.height)), int(np.clip(high[1], 0, intrinsics.height))
    )
    good = segmentation.bed_mask[rows, columns] & (depth_mm[rows, columns] > 0)
    good &= ~_near_other(segmentation, rows, columns)
    v, u = np.nonzero(good[::STRIDE_PX, ::STRIDE_PX])
    v, u = v * STRIDE_PX + rows.start, u * STRIDE_PX + columns.start
    rays = intrinsics.rays(u.astype(np.float64), v.astype(np.float64))
    return rays, depth_mm[v, u].astype(np.float64)


def _near_other(segmentation: Segmentation, rows: slice, columns: slice) -> NDArray[np.bool_]:
    """Pixels so near something that is not bed that stereo may have mixed the two."""
    other = (~segmentation.bed_mask[rows, columns]).astype(np.uint8)
    if other.size == 0:
        return other.astype(bool)
    kernel = np.ones((2 * BED_BORDER_PX + 1,) * 2, np.uint8)
    return cv2.dilate(other, kernel, borderValue=0).astype(bool)


def _in_ring(applicator: Applicator, points: Float) -> NDArray[np.bool_]:
    radius = np.hypot(points[:, 0], points[:, 1])
    height = points[:, 2] + points[:, 0] * applicator.bevel_slope
    outer = applicator.outer_radius_mm
    return (
        (radius > outer + RIM_MARGIN_MM) & (radius < 2 * outer) & (np.abs(height) < MAX_HEIGHT_MM)
    )


def _seen_deg(points: Float) -> float:
    """How much of the ring around the rim carries bed points, in degrees."""
    angle = np.arctan2(points[:, 1], points[:, 0])
    sector = ((angle + np.pi) / (2 * np.pi) * N_SECTORS).astype(int) % N_SECTORS
    counts = np.bincount(sector, minlength=N_SECTORS)
    return float((counts >= MIN_SECTOR_POINTS).sum()) * 360.0 / N_SECTORS


def _fit(
    axes: Float,
    radius_mm: float,
    points: Float,
    rays: Float,
    sigma_along_ray: Float,
    seen_deg: float,
    inflation: float,
) -> BedSurface:
    """Robust linear least squares of the quadratic with a curvature prior (IRLS, Tukey).

    Points and rays are in exit axes, `axes` says which.
    A point that errs by s along its ray moves by s * (dz - grad . dxy) off the surface, so
    its height's sigma follows from the surface's slope, updated each round.
    """
    x, y, z = points[:, 0], points[:, 1], points[:, 2]
    basis = quadratic_basis(x, y)
    curvature = np.zeros(N_COEFFICIENTS)
    curvature[[3, 5]] = 1 / (CURVATURE_SIGMA_PER_MM / 2) ** 2  # z = kappa r^2 / 2
    curvature[4] = 1 / CURVATURE_SIGMA_PER_MM**2
    coefficients = np.zeros(N_COEFFICIENTS)
    coefficients[0] = np.median(z)
    spread, weights, information = np.inf, np.ones(len(z)), np.diag(curvature)
    for _ in range(N_REWEIGHTINGS):
        slope_x, slope_y = quadratic_slopes(coefficients, x, y)
        across = rays[:, 2] - slope_x * rays[:, 0] - slope_y * rays[:, 1]
        sigma = sigma_along_ray * np.maximum(np.abs(across), 0.1)
        residuals = (z - basis @ coefficients) / sigma
        spread = max(1.0, 1.4826 * float(np.median(np.abs(residuals))))
        weights = np.maximum(0.0, 1.0 - (residuals / (TUKEY * spread)) ** 2) ** 2
        weighted = basis * (weights / sigma**2 / inflation / spread**2)[:, None]
        information = np.einsum("ni,nj->ij", weighted, basis) + np.diag(curvature)
        coefficients = np.linalg.solve(information, np.einsum("ni,n->i", weighted, z))
    residuals = z - basis @ coefficients
    if not (spread <= MAX_SPREAD and float(weights.mean()) > 0.5):
        return BedSurface(BedStatus.POOR_FIT, seen_deg=seen_deg, n_points=len(points))
    covariance = np.linalg.inv(information)
    bevel_slope = float(axes[2, 0] / axes[2, 2])
    bend = _bend_mm(coefficients, bevel_slope, 2 * radius_mm) * UNABSORBED_BEND
    unmodelled = float(np.hypot(HIGHER_ORDER_SIGMA_MM, bend))
    covariance[0, 0] += unmodelled**2
    covariance[[1, 2], [1, 2]] += (unmodelled / radius_mm) ** 2
    return BedSurface(
        status=BedStatus.OK,
        coefficients=coefficients,
        covariance=(covariance + covariance.T) / 2,
        seen_deg=seen_deg,
        residual_rms_mm=float(np.sqrt(np.average(residuals**2, weights=weights))),
        n_points=len(points),
        fit_from_applicator=axes,
    )


def _bend_mm(coefficients: Float, bevel_slope: float, reach_mm: float) -> float:
    """What a round bed of this curvature may depart from its quadratic within the reach.

    A sphere of curvature k, seen along a direction in which its slope is s, has the further
    terms k^3 r^4 / 8 and s k^2 r^3 / 2. A bed may be symmetric about another direction than the
    exit's normal, the applicator's axis for one: the bevel counts as slope.
    """
    _, slope_x, slope_y, c3, c4, c5 = coefficients
    curvature = float(np.abs(np.linalg.eigvalsh(np.array([[2 * c3, c4], [c4, 2 * c5]]))).max())
    slope = float(np.hypot(slope_x, slope_y)) + bevel_slope
    return curvature**2 * reach_mm**3 * (curvature * reach_mm / 8 + slope / 2)
