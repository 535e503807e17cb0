"""How far anything but the bed reaches inwards past the inner field edge.

Between exit plane and bed: what the live frame sees through the gap, what stood there when the
survey was taken, and what the plan marks to be kept out. A cone that is down hides the field;
what slipped under it unseen after the survey is not known, and not claimed to be.

Fails to: not observable, where less than `MIN_SEEN_FRACTION` of the field was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np

from tracking.air_gap import field_points
from tracking.applicator import Applicator
from tracking.area import MarkedArea
from tracking.arrays import Bool
from tracking.bed import BedSurface
from tracking.coverage import field_shift_covariance
from tracking.field_sight import FieldSight
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.registration import Registration
from tracking.seen_field import SEARCH_OUTSIDE_MM, SeenField
from tracking.seen_share import share_near
from tracking.segmentation import EdgeQuality
from tracking.sigmas import at_least, largest_sigma
from tracking.standoff import FittedCone, fitted_cone
from tracking.survey_alignment import AlignedSurvey
from tracking.transforms import invert, transform_points

MIN_SEEN_FRACTION = 0.95  # of the field disc; the rest is narrower than what matters
SEEN_REACH_MM = 4.0  # a seen point speaks for its surroundings: the map's cells, seen obliquely
MIN_HEIGHT_MM = 1.0  # above the bed: less is the bed's own roughness, or a film of blood
HEIGHT_SIGMAS = 4.0  # 1 in 30,000 points of bare bed looks this high
MIN_POINTS = 3  # that reach in as far: one or two may be wrong pixels
MIN_COSINE = 0.2  # of a ray to the axis: flatter, nothing is seen of the bed
MIN_RADIUS_MM = 1e-6  # on the axis every direction is outward
FIELD_HEIGHT_MM = 60.0  # about the exit plane: farther is a hand above, or the floor
RIM_MARGIN_MM = 3.0  # outside the wall, in which the live frame's pixels are not used
BOUND_SIGMAS = 3.0  # sigma is such that value + 3 sigma bounds what reaches in


@dataclass(frozen=True)
class _Reach:
    """How far one kind of evidence reaches in (negative: stays outside), with 1-sigma, mm."""

    inwards_mm: float
    sigma_mm: float

    @property
    def bound_mm(self) -> float:
        """Farthest that it may reach in."""
        return at_least(0.0, self.inwards_mm + BOUND_SIGMAS * self.sigma_mm)


def measure_intrusion(
    applicator: Applicator,
    registration: Registration,
    bed: BedSurface,
    survey: AlignedSurvey,
    sight: FieldSight,
) -> Measurement:
    """Largest inward reach; 0 where the field was seen and nothing reaches into it."""
    fitted = fitted_cone(applicator, registration, bed)
    if fitted is None or not registration.is_ok or not registration.axial_observable:
        return NOT_OBSERVABLE
    if applicator.bevel_deg > 0 and not registration.roll_observable:
        return NOT_OBSERVABLE
    if _seen_fraction(applicator, sight.live, sight.mapped) < MIN_SEEN_FRACTION:
        return NOT_OBSERVABLE
    now = _reach_of_points(fitted, sight.live, sight.edge_quality)
    before = _reach_of_points(fitted, sight.mapped, sight.edge_quality)
    if _goes_under_unseen(applicator, now, before, sight.live):
        return NOT_OBSERVABLE
    reaches = [now, before]
    for area in sight.keep_out:
        reach = _reach_of_area(applicator, registration, survey, area)
        if reach is None:
            return NOT_OBSERVABLE
        reaches.append(reach)
    value = at_least(0.0, float(np.max([reach.inwards_mm for reach in reaches])))
    bound = float(np.max([reach.bound_mm for reach in reaches]))
    return measured(value, (bound - value) / BOUND_SIGMAS)


def _goes_under_unseen(
    applicator: Applicator, now: _Reach, before: _Reach, live: SeenField | None
) -> bool:
    """Whether something is seen to go under the rim now, and how far it goes is not.

    The wall hides its end, unless this frame sees the whole field or the map saw that end.
    """
    wall_mm = applicator.outer_radius_mm - applicator.inner_radius_mm
    if now.inwards_mm + BOUND_SIGMAS * now.sigma_mm <= -(wall_mm + RIM_MARGIN_MM):
        return False
    is_explained = before.inwards_mm + BOUND_SIGMAS * before.sigma_mm >= now.inwards_mm
    return not is_explained and _seen_fraction(applicator, live) < MIN_SEEN_FRACTION


def _seen_fraction(applicator: Applicator, *fields: SeenField | None) -> float:
    """Share of the field disc in which the bed, or what stands on it, was seen."""
    seen = [field.points_mm for field in fields if field is not None]
    points = np.concatenate([np.zeros((0, 3)), *seen])
    above_exit = points[:, 2] + points[:, 0] * applicator.bevel_slope
    points = points[np.abs(above_exit) < FIELD_HEIGHT_MM, :2]
    return share_near(field_points(applicator.inner_radius_mm), points, SEEN_REACH_MM)


def _reach_of_points(
    fitted: FittedCone, seen: SeenField | None, edge_quality: EdgeQuality
) -> _Reach:
    """Of the points that stand off the bed and are not bed."""
    if seen is None:
        return _Reach(-SEARCH_OUTSIDE_MM, 0.0)
    shared = largest_sigma(fitted.pose_covariance[3:5, 3:5] + seen.place_covariance_mm2[:2, :2])
    found = seen.chosen(_stands_off(fitted, seen))
    if len(found.points_mm) < MIN_POINTS:
        return _Reach(-SEARCH_OUTSIDE_MM, shared)
    radius = np.hypot(found.points_mm[:, 0], found.points_mm[:, 1])
    deepest = int(np.argsort(radius, kind="stable")[MIN_POINTS - 1])
    outward = found.points_mm[deepest, :2] / max(radius[deepest], MIN_RADIUS_MM)
    along = abs(float(found.ray[deepest, :2] @ outward)) * found.depth_sigma_mm[deepest]
    ray = found.ray[deepest]
    widening = float(np.sqrt(np.linalg.norm(ray) / max(abs(ray[2]), MIN_COSINE)))
    pitch, pixel = widening * found.pitch_mm[deepest], widening * found.pixel_mm[deepest]
    edge = hypot(edge_quality.bias_px, edge_quality.sigma_px) * pixel
    # Its edge lies anywhere between the last point that shows it and the next one.
    inwards = fitted.applicator.inner_radius_mm - float(radius[deepest]) + pitch / 2
    inwards = min(inwards, fitted.applicator.inner_radius_mm)
    return _Reach(inwards, hypot(shared, along, edge, pitch / np.sqrt(12)))


def _stands_off(fitted: FittedCone, seen: SeenField) -> Bool:
    """Which points are not bed, and higher above it than noise explains."""
    other = ~seen.is_bed
    if not other.any():
        return other
    points = seen.points_mm[other]
    bed = fitted.gaps(points[:, :2])
    exit_z = -points[:, 0] * fitted.applicator.bevel_slope
    height = points[:, 2] - (exit_z - bed.gaps_mm)
    variance = np.einsum("ni,ij,nj->n", bed.by_bed, fitted.bed_covariance, bed.by_bed)
    variance += seen.depth_sigma_mm[other] ** 2 + seen.place_covariance_mm2[2, 2]
    threshold = np.maximum(MIN_HEIGHT_MM, HEIGHT_SIGMAS * np.sqrt(variance))
    stands = other.copy()
    stands[other] = (height > threshold) & (points[:, 2] < exit_z + seen.top_mm)
    return stands


def _reach_of_area(
    applicator: Applicator,
    registration: Registration,
    survey: AlignedSurvey,
    area: MarkedArea | None,
) -> _Reach | None:
    """Of a marked structure; None where its place is not known."""
    pose = registration.camera_from_applicator
    if area is None or pose is None:
        return None
    if not survey.is_ok or survey.survey_from_camera is None or not survey.in_plane_observable:
        return None
    applicator_from_survey = invert(survey.survey_from_camera @ pose)
    points = transform_points(applicator_from_survey, area.points_survey_mm)
    radius = np.hypot(points[:, 0], points[:, 1])
    nearest = int(np.argmin(radius))
    shift = field_shift_covariance(registration, survey, float(points[nearest, 2]))
    across = applicator_from_survey[:2, :3]
    shift = shift + across @ area.covariance_mm2 @ across.T
    inwards = applicator.inner_radius_mm - float(radius[nearest])
    return _Reach(inwards, hypot(largest_sigma(shift), area.spacing_mm / 2))
