"""How much of the marked area at risk lies inside the treated field.

The area is a set of points on the bed that the survey map carries; seen along the applicator's
axis, the treated field is a disc. Turning about the axis changes nothing, so neither roll nor
slide needs to be known.

Fails to: not observable.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tracking.applicator import Applicator
from tracking.area import MarkedArea, place_covariance
from tracking.arrays import Float
from tracking.docking import skew
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.registration import Registration
from tracking.sigmas import largest_sigma
from tracking.survey_alignment import AlignedSurvey
from tracking.transforms import invert, transform_points

N_DIRECTIONS = 24  # in which the field may be displaced: the worst is met within 1 %
# The share is not linear in the displacement (an area that just fits in can only lose): what
# the gate's bound of 3 sigma must hold is looked at, too.
LOOK_SIGMAS = (1.0, 3.0)


def measure_coverage(
    applicator: Applicator,
    registration: Registration,
    survey: AlignedSurvey,
    area: MarkedArea | None,
) -> Measurement:
    """Share of `area` within the inner radius less `field_margin_mm` of the axis."""
    seen = _seen_along_axis(registration, survey, area)
    if area is None or seen is None:
        return NOT_OBSERVABLE
    radius_mm = applicator.inner_radius_mm - applicator.field_margin_mm
    within = _within(seen.points_mm, radius_mm, area.spacing_mm)
    value = float(area.weights @ within)
    sampling = float((area.weights**2 * within * (1.0 - within)).sum())
    change = _largest_change(seen.points_mm, area, radius_mm, seen.covariance_mm2)
    return measured(min(max(value, 0.0), 1.0), float(np.hypot(change, np.sqrt(sampling))))


def shift_onto_area(
    registration: Registration, survey: AlignedSurvey, area: MarkedArea | None
) -> tuple[Float, float] | None:
    """How the cone would have to move across its axis to stand over `area`; None: not known.

    Returns
    -------
    (2,), float
        From the axis to the centre of the smallest circle around the area, seen along the axis,
        applicator x and y, mm; and 1 sigma of it, mm. A field that can cover the area does so
        there, with the largest margin.
    """
    seen = _seen_along_axis(registration, survey, area)
    if seen is None:
        return None
    centre, _ = cv2.minEnclosingCircle(seen.points_mm.astype(np.float32))
    return np.array(centre, np.float64), largest_sigma(seen.covariance_mm2)


@dataclass(frozen=True, eq=False)
class _SeenArea:
    """Points (n, 2) of an area along the axis, and the covariance (2, 2) of its place, mm."""

    points_mm: Float
    covariance_mm2: Float


def _seen_along_axis(
    registration: Registration, survey: AlignedSurvey, area: MarkedArea | None
) -> _SeenArea | None:
    """In applicator x and y; None where its place against the axis is not known."""
    pose = registration.camera_from_applicator
    if area is None or not registration.is_ok or pose is None:
        return None
    if not survey.is_ok or survey.survey_from_camera is None or not survey.in_plane_observable:
        return None
    applicator_from_survey = invert(survey.survey_from_camera @ pose)
    points = transform_points(applicator_from_survey, area.points_survey_mm)
    height_mm = float(area.weights @ points[:, 2])
    across = applicator_from_survey[:2, :3]
    shift = field_shift_covariance(registration, survey, height_mm)
    return _SeenArea(points[:, :2], shift + across @ area.covariance_mm2 @ across.T)


def field_shift_covariance(
    registration: Registration, survey: AlignedSurvey, height_mm: float
) -> Float:
    """Covariance (2, 2), mm^2, of the map against the axis, applicator x and y.

    `height_mm` above the exit centre: a tilt of the axis counts by its lever there.
    """
    pose, covariance = registration.camera_from_applicator, registration.covariance
    if pose is None or covariance is None:
        raise ValueError(f"no pose: {registration.status}")
    lever = height_mm * pose[:3, 2]
    motion = np.concatenate([-skew(lever), np.eye(3)], axis=1)
    total = motion @ covariance @ motion.T + place_covariance(survey, pose[:3, 3] + lever)
    shift: Float = pose[:3, :2].T @ total @ pose[:3, :2]
    return shift


def _within(points_mm: Float, radius_mm: float, spacing_mm: float) -> Float:
    """Share of each point's own patch inside the disc, by its distance to the edge."""
    inside_mm = radius_mm - np.hypot(points_mm[..., 0], points_mm[..., 1])
    share: Float = np.clip(inside_mm / spacing_mm + 0.5, 0.0, 1.0)
    return share


def _largest_change(
    points_mm: Float, area: MarkedArea, radius_mm: float, covariance: Float
) -> float:
    """Largest change of the share over displacements of k sigma, divided by k."""
    values, vectors = np.linalg.eigh(covariance)
    sigmas = np.sqrt(np.maximum(values, 0.0))
    angle = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
    one_sigma = np.stack([np.cos(angle), np.sin(angle)], axis=1) * sigmas @ vectors.T
    reach_mm = max(LOOK_SIGMAS) * float(sigmas[-1]) + area.spacing_mm
    at_edge = np.abs(np.hypot(points_mm[:, 0], points_mm[:, 1]) - radius_mm) <= reach_mm
    points, weights = points_mm[at_edge], area.weights[at_edge]
    before = float(_within(points, radius_mm, area.spacing_mm) @ weights)
    changes = [0.0]
    for k in LOOK_SIGMAS:
        moved = points + k * one_sigma[:, None, :]
        after = _within(moved, radius_mm, area.spacing_mm) @ weights
        changes.append(float(np.abs(after - before).max()) / k)
    return max(changes)
