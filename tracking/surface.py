"""Fit the tumor bed around the cone's rim and carry it under the cone.

A metal cone that is down hides the bed. The bed seen within one radius outside the rim is
fitted with a plane and its curvature; curvature that this ring cannot tell is bounded by a
prior, so that the sigma under the cone includes it. Where a survey map knows the field under the
cone and fits what is seen around it, the map is believed instead.

Fails to: a status without a surface.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import N_COEFFICIENTS, BedStatus, BedSurface
from tracking.bed_fit import QUARTIC_SHARE, BedPoints, fit_quadratic, quartic_mm
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.registration import Registration
from tracking.segmentation import Segmentation
from tracking.stereo_noise import correlation_inflation
from tracking.survey_alignment import AlignedSurvey
from tracking.survey_bed import bed_from_survey
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
UNEVEN_BEND = 0.2  # of the bend, that one side may have and the other not: it tilts
MAX_SPREAD = 4.0  # residual scatter over the noise model's: beyond, no smooth surface
BED_BORDER_PX = 2


def fit_bed(
    applicator: Applicator,
    registration: Registration,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    survey: AlignedSurvey | None = None,
) -> BedSurface:
    """Fit the bed under the registered cone; `depth_mm` is corrected for the rig's bias.

    An aligned survey that knows the field under the cone is believed instead of the ring.
    """
    if not registration.is_ok or registration.camera_from_applicator is None:
        return BedSurface(BedStatus.NO_POSE)
    camera_from_applicator = registration.camera_from_applicator
    from_survey = _from_survey(applicator, registration, survey, intrinsics, noise)
    rays, depth = _ring_pixels(
        applicator, camera_from_applicator, segmentation, depth_mm, intrinsics
    )
    if len(depth) == 0:
        return from_survey or BedSurface(BedStatus.NO_BED)
    applicator_from_camera = invert(camera_from_applicator)
    points = transform_points(applicator_from_camera, rays * depth[:, None])
    in_ring = _in_ring(applicator, points)
    points, rays, depth = points[in_ring], rays[in_ring], depth[in_ring]
    if from_survey is not None:
        return replace(from_survey, seen_deg=_seen_deg(points))
    if len(points) < MIN_POINTS:
        return BedSurface(BedStatus.TOO_FEW_POINTS, n_points=len(points))
    seen_deg = _seen_deg(points)
    if seen_deg < MIN_SEEN_DEG:
        return BedSurface(BedStatus.RIM_HIDDEN, seen_deg=seen_deg, n_points=len(points))
    bed = BedPoints(
        points,
        rays @ applicator_from_camera[:3, :3].T,
        noise.sigma_mm(depth, intrinsics.fx),
        correlation_inflation(STRIDE_PX, noise.correlation_px),
    )
    return _fit(applicator, bed, seen_deg)


def _from_survey(
    applicator: Applicator,
    registration: Registration,
    survey: AlignedSurvey | None,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> BedSurface | None:
    if survey is None:
        return None
    bed = bed_from_survey(applicator, registration, survey, intrinsics, noise)
    return bed if bed is not None and bed.is_ok else None


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


def _fit(applicator: Applicator, bed: BedPoints, seen_deg: float) -> BedSurface:
    """Fit the ring with a curvature prior, and add what no ring can tell of what it surrounds."""
    curvature = np.zeros(N_COEFFICIENTS)
    curvature[[3, 5]] = 1 / (CURVATURE_SIGMA_PER_MM / 2) ** 2  # z = kappa r^2 / 2
    curvature[4] = 1 / CURVATURE_SIGMA_PER_MM**2
    fit = fit_quadratic(applicator, bed, np.diag(curvature), quartic_share=QUARTIC_SHARE)
    n_points = len(bed.points_mm)
    if fit is None or not (fit.spread <= MAX_SPREAD and fit.inlier_share > 0.5):
        return BedSurface(BedStatus.POOR_FIT, seen_deg=seen_deg, n_points=n_points)
    radius_mm = applicator.outer_radius_mm
    reach = np.array(2 * radius_mm)
    zero = np.zeros_like(reach)
    along = (quartic_mm(fit.coefficients, reach, zero), quartic_mm(fit.coefficients, zero, reach))
    bend_mm = float(np.abs(along).max()) * QUARTIC_SHARE
    height_mm = float(np.hypot(HIGHER_ORDER_SIGMA_MM, UNABSORBED_BEND * bend_mm))
    slope = float(np.hypot(HIGHER_ORDER_SIGMA_MM, UNEVEN_BEND * bend_mm)) / radius_mm
    covariance = fit.covariance.copy()
    covariance[0, 0] += height_mm**2
    covariance[[1, 2], [1, 2]] += slope**2
    return BedSurface(
        status=BedStatus.OK,
        coefficients=fit.coefficients,
        covariance=(covariance + covariance.T) / 2,
        seen_deg=seen_deg,
        residual_rms_mm=fit.residual_rms_mm,
        n_points=n_points,
        fit_from_applicator=fit.axes,
    )
