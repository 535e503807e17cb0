"""The bed under the cone, read off the aligned survey map.

The quadratic is fitted to the map's cells inside the field alone: then its mean over the field
and its tilt are the cells' own, whatever bumps a quadratic cannot follow. A field that the map
knows in part is bridged from the map's ring around it. The live frame says where the map lies
now; its covariance, and how far the bed has bent since, go into sigma.
"""

from __future__ import annotations

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import BedStatus, BedSurface
from tracking.bed_fit import BedPoints, QuadraticFit, fit_quadratic
from tracking.bed_ring import (
    MAX_HEIGHT_MM,
    MIN_SEEN_DEG,
    fit_ring,
    inside_covariance,
    is_in_ring,
    is_near_exit,
)
from tracking.bed_ring_loops import seen_deg
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.registration import Registration
from tracking.sigmas import sigma_of
from tracking.stereo_noise import correlation_inflation
from tracking.survey_alignment import AlignedSurvey
from tracking.survey_map import STRIDE_PX, Indices, SurveyMap, cells_within

MIN_FIELD_FRACTION = 0.9  # of the field, that the map must know as bed
N_PATCH_RADII, N_PATCH_ANGLES = 3, 12  # patches of the field, 80 mm^2 of a 60 mm one
MIN_CELLS = 40
MAX_SPREAD = 6.0  # scatter over the map's noise: beyond, no smooth surface
N_RIM_STRETCHES = 16
RIM_SHARE = 0.75  # of the inner radius: from here on it is the rim's stretch


def bed_from_survey(
    applicator: Applicator,
    registration: Registration,
    survey: AlignedSurvey,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> BedSurface | None:
    """Fit the field of the map under the registered cone; None where the map cannot tell."""
    pose = registration.camera_from_applicator
    if not survey.is_ok or survey.survey is None or pose is None:
        return None
    cells = _cells_under(applicator, pose, survey, survey.survey)
    camera = survey.points_camera_mm(cells)
    points = (camera - pose[:3, 3]) @ pose[:3, :3]
    bed = BedPoints(
        points,
        camera / camera[:, 2:] @ pose[:3, :3],
        noise.sigma_mm(camera[:, 2], intrinsics.fx) * np.sqrt(survey.survey.noise_share(cells)),
        correlation_inflation(STRIDE_PX, noise.correlation_px),
    )
    field = is_near_exit(applicator, points)
    field &= np.hypot(points[:, 0], points[:, 1]) <= applicator.inner_radius_mm
    if int(field.sum()) >= MIN_CELLS and _field_fraction(applicator, points[field]) >= (
        MIN_FIELD_FRACTION
    ):
        fit = fit_quadratic(applicator, bed.chosen(field), np.zeros((6, 6)), quartic_share=0.0)
        if fit is None or fit.spread > MAX_SPREAD:
            return None
        return _surface(fit, fit.covariance, pose, survey, _rim_sigma_mm(applicator, fit))
    ring = is_in_ring(applicator, points)
    if int(ring.sum()) < MIN_CELLS or seen_deg(points[ring]) < MIN_SEEN_DEG:
        return None
    fit = fit_ring(applicator, bed.chosen(ring | field))
    if fit is None:
        return None
    return _surface(fit, inside_covariance(applicator, fit), pose, survey, 0.0)


def _surface(
    fit: QuadraticFit,
    covariance: Float,
    camera_from_applicator: Float,
    survey: AlignedSurvey,
    rim_sigma_mm: float,
) -> BedSurface:
    """Surface from a fit to the map, with the covariance of where the map lies."""
    rotation, centre = camera_from_applicator[:3, :3], camera_from_applicator[:3, 3]
    if survey.covariance is None:
        raise ValueError(f"no survey to measure with: {survey.status}")
    points = fit.points_mm @ rotation.T + centre
    lifted = np.einsum("ni,nij->nj", fit.normals @ fit.axes @ rotation.T, survey.motion_of(points))
    by_motion = fit.by_heights @ lifted
    covariance = covariance + by_motion @ survey.covariance @ by_motion.T
    return BedSurface(
        status=BedStatus.OK,
        coefficients=fit.coefficients,
        covariance=(covariance + covariance.T) / 2,
        residual_rms_mm=fit.residual_rms_mm,
        n_points=len(fit.points_mm),
        fit_from_applicator=fit.axes,
        from_survey=True,
        rim_sigma_mm=rim_sigma_mm,
    )


def _cells_under(
    applicator: Applicator, camera_from_applicator: Float, aligned: AlignedSurvey, survey: SurveyMap
) -> Indices:
    """Bed cells in the part of the grid that can hold the field and the ring around it."""
    if aligned.survey_from_camera is None:
        raise ValueError(f"no survey to place: {aligned.status}")
    exit_pose = aligned.survey_from_camera @ camera_from_applicator
    reach = 2 * (applicator.outer_radius_mm + applicator.bevel_rise_mm)
    heights = np.array([-MAX_HEIGHT_MM, 0.0, MAX_HEIGHT_MM])
    middles = exit_pose[:3, 3] + heights[:, None] * exit_pose[:3, 2]
    middles = middles[middles[:, 2] > reach]
    if len(middles) == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    uv = survey.grid.project(middles)
    around = reach * survey.grid.fx / float(middles[:, 2].min()) + 1
    low = np.floor(uv.min(axis=0) - around).astype(int)
    high = np.ceil(uv.max(axis=0) + around).astype(int)
    columns, rows = (
        slice(max(0, first), max(0, last)) for first, last in zip(low, high, strict=True)
    )
    return cells_within(survey.is_bed, (rows, columns))


def _field_fraction(applicator: Applicator, points: Float) -> float:
    """Share of the field's patches, of equal area, that hold a cell."""
    radius = np.hypot(points[:, 0], points[:, 1]) / applicator.inner_radius_mm
    ring = np.minimum((radius**2 * N_PATCH_RADII).astype(int), N_PATCH_RADII - 1)
    angle = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi) + 0.5
    sector = np.minimum((angle * N_PATCH_ANGLES).astype(int), N_PATCH_ANGLES - 1)
    held = np.unique(ring * N_PATCH_ANGLES + sector).size
    return held / (N_PATCH_RADII * N_PATCH_ANGLES)


def _rim_sigma_mm(applicator: Applicator, fit: QuadraticFit) -> float:
    """What stretches of the bed along the rim lie off the quadratic, beyond the map's noise."""
    outer = np.hypot(fit.x_mm, fit.y_mm) > RIM_SHARE * applicator.inner_radius_mm
    angle = np.arctan2(fit.y_mm[outer], fit.x_mm[outer]) / (2 * np.pi) + 0.5
    stretch = np.minimum((angle * N_RIM_STRETCHES).astype(int), N_RIM_STRETCHES - 1)
    weights = fit.weights[outer]
    total = np.bincount(stretch, weights, N_RIM_STRETCHES)
    sums = np.bincount(stretch, weights * fit.residuals_mm[outer], N_RIM_STRETCHES)
    known = total > 0
    if not known.any():
        return 0.0
    means, variances = sums[known] / total[known], 1 / total[known]
    return sigma_of(float(np.mean(means**2 - variances)))
