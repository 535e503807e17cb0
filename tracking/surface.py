"""Fit the tumor bed under the cone from what one frame and the survey show of it.

A metal cone that is down hides the bed. Where a survey map knows the field under the cone and
lies on what is seen around it, the map is believed; else the ring around the rim is carried
inwards.

Fails to: a status without a surface.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import BedStatus, BedSurface
from tracking.bed_fit import BedPoints
from tracking.bed_ring import (
    MAX_HEIGHT_MM,
    MIN_SEEN_DEG,
    RIM_MARGIN_MM,
    fit_ring,
    inside_covariance,
)
from tracking.bed_ring_loops import ring_points, seen_deg
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.registration import Registration
from tracking.segmentation import Label, Segmentation
from tracking.stereo_noise import correlation_inflation
from tracking.survey_alignment import AlignedSurvey
from tracking.survey_bed import bed_from_survey
from tracking.transforms import invert, transform_points

STRIDE_PX = 3
COARSE_STRIDE_PX = 4  # to see how much of the ring is in view, where the survey is measured with
MIN_POINTS = 60
HALF_HEIGHT_MM = 20.0  # of the box around the exit whose outline holds the ring in the image
_CORNERS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])


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
    stride = STRIDE_PX if from_survey is None else COARSE_STRIDE_PX
    applicator_from_camera = invert(camera_from_applicator)
    window = _window(applicator, camera_from_applicator, intrinsics)
    has_bed, points, rays, depth = ring_points(
        segmentation.labels,
        depth_mm,
        window,
        stride,
        int(Label.TUMOR_BED),
        np.array([intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy]),
        applicator_from_camera,
        applicator.bevel_slope,
        MAX_HEIGHT_MM,
        applicator.outer_radius_mm + RIM_MARGIN_MM,
        2 * applicator.outer_radius_mm,
    )
    if not has_bed:
        return from_survey or BedSurface(BedStatus.NO_BED)
    if from_survey is not None:
        return replace(from_survey, seen_deg=seen_deg(points))
    if len(points) < MIN_POINTS:
        return BedSurface(BedStatus.TOO_FEW_POINTS, n_points=len(points))
    ring_deg = seen_deg(points)
    if ring_deg < MIN_SEEN_DEG:
        return BedSurface(BedStatus.RIM_HIDDEN, seen_deg=ring_deg, n_points=len(points))
    bed = BedPoints(
        points,
        rays,
        noise.sigma_mm(depth, intrinsics.fx),
        correlation_inflation(STRIDE_PX, noise.correlation_px),
    )
    return _fit(applicator, bed, ring_deg)


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


def _window(
    applicator: Applicator, camera_from_applicator: Float, intrinsics: CameraIntrinsics
) -> NDArray[np.int64]:
    """Image region that can hold the ring around the rim: rows and columns, (4,)."""
    reach = 2 * applicator.outer_radius_mm + MAX_HEIGHT_MM
    camera = transform_points(camera_from_applicator, _CORNERS * (reach, reach, HALF_HEIGHT_MM))
    camera[:, 2] = np.maximum(camera[:, 2], 1.0)
    rows, columns = intrinsics.window(intrinsics.project(camera))
    return np.array([rows.start, rows.stop, columns.start, columns.stop])


def _fit(applicator: Applicator, bed: BedPoints, ring_deg: float) -> BedSurface:
    fit, n_points = fit_ring(applicator, bed), len(bed.points_mm)
    if fit is None:
        return BedSurface(BedStatus.POOR_FIT, seen_deg=ring_deg, n_points=n_points)
    covariance = inside_covariance(applicator, fit)
    return BedSurface(
        status=BedStatus.OK,
        coefficients=fit.coefficients,
        covariance=(covariance + covariance.T) / 2,
        seen_deg=ring_deg,
        residual_rms_mm=fit.residual_rms_mm,
        n_points=n_points,
        fit_from_applicator=fit.axes,
    )
