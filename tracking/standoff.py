"""The cone against the bed: incidence and air gap, with total sigma.

A small motion of the true cone against the registered one moves the bed the other way; that,
and the bed's own covariance, make the sigma. The rig does not enter: camera to cone and camera
to bed come from the same frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import degrees, hypot, radians, sqrt

import numpy as np

from tracking.air_gap import N_RIM_POINTS, AxialGaps, axial_gaps, field_points, rim_points
from tracking.applicator import MODEL_SIGMA_MM, Applicator
from tracking.arrays import Float
from tracking.bed import BedSurface, exit_axes, quadratic_slopes
from tracking.docking import skew
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.registration import Registration
from tracking.sigmas import largest_sigma
from tracking.transforms import blockwise, rotation_vector_between

CLEAR_SIGMA = 2.0  # an angle this large has a direction of its own
ON_AXIS = np.zeros((1, 2))
EXPLAINED_SIGMA = 1.5  # a rim that seems to lie this much below the bed may still be on it


@dataclass(frozen=True)
class Standoff:
    """The quantities between applicator and bed."""

    incidence_deg: Measurement = NOT_OBSERVABLE
    incidence_x_deg: Measurement = NOT_OBSERVABLE
    incidence_y_deg: Measurement = NOT_OBSERVABLE
    beam_incidence_deg: Measurement = NOT_OBSERVABLE
    air_gap_mm: Measurement = NOT_OBSERVABLE
    air_gap_max_mm: Measurement = NOT_OBSERVABLE
    air_gap_min_mm: Measurement = NOT_OBSERVABLE


@dataclass(frozen=True, eq=False)
class MeanGap:
    """Mean of `AxialGaps` in mm, and how it follows pose (6,) and bed (6,)."""

    gap_mm: float
    by_motion: Float
    by_bed: Float


@dataclass(frozen=True, eq=False)
class FittedCone:
    """Registration and bed of one frame, both with covariance, in applicator axes.

    `pose_covariance` (6, 6): rotation, then displacement of the exit centre.
    `rim_sigma_mm`: what single points of the rim may lie off the fitted bed besides.
    """

    applicator: Applicator
    pose_covariance: Float
    coefficients: Float
    bed_covariance: Float
    fit_from_applicator: Float
    rim_sigma_mm: float

    @cached_property
    def _known_gaps(self) -> AxialGaps:
        """Below the field's points, then the rim's, then the axis."""
        radius = self.applicator.inner_radius_mm
        return self.gaps(np.concatenate([field_points(radius), rim_points(radius), ON_AXIS]))

    @property
    def field(self) -> AxialGaps:
        """Gaps below points of equal area of the inner-diameter field."""
        return self._known_gaps.chosen(slice(0, -N_RIM_POINTS - 1))

    @property
    def rim(self) -> AxialGaps:
        """Gaps below points of the inner rim."""
        return self._known_gaps.chosen(slice(-N_RIM_POINTS - 1, -1))

    @property
    def foot_mm(self) -> Float:
        """Where the axis meets the bed: x, y in the bed's axes, (2,)."""
        foot: Float = self._known_gaps.feet_mm[-1]
        return foot

    @cached_property
    def mean_gap(self) -> MeanGap:
        """The air gap: mean over the field."""
        field = self.field
        return MeanGap(
            float(field.gaps_mm.mean()), field.by_motion.mean(axis=0), field.by_bed.mean(axis=0)
        )

    def gaps(self, field_mm: Float) -> AxialGaps:
        """Axial gaps below field points (n, 2)."""
        return axial_gaps(self.applicator, self.fit_from_applicator, self.coefficients, field_mm)


@lru_cache(maxsize=1)
def fitted_cone(
    applicator: Applicator, registration: Registration, bed: BedSurface
) -> FittedCone | None:
    """Put registration and bed together; None where one of them is missing.

    Several quantities of a frame ask for the same, so the last one is kept.
    """
    pose, covariance = registration.camera_from_applicator, registration.covariance
    if pose is None or covariance is None or bed.coefficients is None or bed.covariance is None:
        return None
    axes = blockwise(pose[:3, :3].T)
    return FittedCone(
        applicator,
        axes @ covariance @ axes.T,
        bed.coefficients,
        bed.covariance,
        bed.fit_from_applicator,
        bed.rim_sigma_mm,
    )


def measure_standoff(
    applicator: Applicator, registration: Registration, bed: BedSurface
) -> Standoff:
    """Measure the cone against the bed; what cannot be told is NOT_OBSERVABLE."""
    fitted = fitted_cone(applicator, registration, bed)
    if fitted is None:
        return Standoff()
    has_direction = registration.roll_observable
    has_normal = applicator.bevel_deg == 0 or has_direction
    has_slide = registration.axial_observable
    low, high = _rim(fitted)
    burial_variance = _burial_variance(applicator, low)
    normal = _bed_normal(fitted)
    size, along_x, along_y = _incidence(fitted, normal, burial_variance)
    low, high = (_widened(extreme, applicator, burial_variance) for extreme in (low, high))
    return Standoff(
        incidence_deg=size if has_normal else NOT_OBSERVABLE,
        incidence_x_deg=along_x if has_direction else NOT_OBSERVABLE,
        incidence_y_deg=along_y if has_direction else NOT_OBSERVABLE,
        beam_incidence_deg=_beam_incidence(fitted, normal),
        air_gap_mm=_mean(fitted) if has_slide else NOT_OBSERVABLE,
        air_gap_max_mm=high if has_slide and has_normal else NOT_OBSERVABLE,
        air_gap_min_mm=low if has_slide and has_normal else NOT_OBSERVABLE,
    )


@dataclass(frozen=True, eq=False)
class _BedNormal:
    """Outward unit normal (3,) where the axis meets the bed, applicator axes.

    `by_bed` (3, 6): its derivative by the coefficients.
    """

    direction: Float
    by_bed: Float


def _bed_normal(fitted: FittedCone) -> _BedNormal:
    foot_x, foot_y = fitted.foot_mm
    slope_x, slope_y = quadratic_slopes(fitted.coefficients, foot_x, foot_y)
    length = sqrt(1 + slope_x**2 + slope_y**2)
    normal = np.array([-slope_x, -slope_y, 1.0]) / length
    by_slopes = np.array([[-1.0, 0.0], [0.0, -1.0], [0.0, 0.0]]) / length
    by_slopes -= normal[:, None] * np.array([slope_x, slope_y]) / length**2
    slopes_by_bed = np.array(
        [[0, 1, 0, 2 * foot_x, foot_y, 0], [0, 0, 1, 0, foot_x, 2 * foot_y]], dtype=np.float64
    )
    to_applicator = fitted.fit_from_applicator.T
    return _BedNormal(to_applicator @ normal, to_applicator @ by_slopes @ slopes_by_bed)


def _turn(fitted: FittedCone, normal: _BedNormal, reference: Float) -> tuple[Float, Float]:
    """Rotation vector (deg) from a direction of the cone to the bed's normal, and covariance.

    To first order in the angle: w = n_e x n_b, and a cone that is turned by r sees
    n_b turned by -r.
    """
    across = skew(reference)
    by_bed, by_pose = across @ normal.by_bed, across @ skew(normal.direction)
    covariance = by_bed @ fitted.bed_covariance @ by_bed.T
    covariance = covariance + by_pose @ fitted.pose_covariance[:3, :3] @ by_pose.T
    turn = np.degrees(rotation_vector_between(reference, normal.direction))
    return turn, covariance * degrees(1.0) ** 2


def _incidence(
    fitted: FittedCone, normal: _BedNormal, burial_variance: float
) -> tuple[Measurement, Measurement, Measurement]:
    """Size, x and y."""
    turn, covariance = _turn(fitted, normal, exit_axes(fitted.applicator)[2])
    covariance = covariance + np.eye(3) * burial_variance
    return (
        measured(float(np.linalg.norm(turn)), largest_sigma(covariance)),
        measured(turn[0], float(np.sqrt(covariance[0, 0]))),
        measured(turn[1], float(np.sqrt(covariance[1, 1]))),
    )


def _burial_variance(applicator: Applicator, lowest: Measurement) -> float:
    """Variance (deg^2) of incidence where a bevelled rim has sunk into the bed.

    The roll of a bevel is read off its rim. Tissue that covers half of the rim d / 2 deeper
    than the other half looks like a rim turned by b = d / (sqrt(2) R), which lifts the rim by
    R b where it is buried most: only d - R b is measured, so b is that over (sqrt(2) - 1) R.
    What its own sigma explains is no burial.
    """
    if applicator.bevel_deg == 0 or lowest.value is None or lowest.sigma is None:
        return 0.0
    buried = max(0.0, -lowest.value - EXPLAINED_SIGMA * lowest.sigma)
    turned = buried / ((sqrt(2) - 1) * applicator.outer_radius_mm)
    return degrees(turned) ** 2


def _widened(extreme: Measurement, applicator: Applicator, burial_variance: float) -> Measurement:
    """An extreme of the rim with the roll error that burial may have caused."""
    if extreme.value is None or extreme.sigma is None:
        return extreme
    lift_mm = radians(sqrt(burial_variance)) * applicator.inner_radius_mm
    return measured(extreme.value, hypot(extreme.sigma, lift_mm))


def _beam_incidence(fitted: FittedCone, normal: _BedNormal) -> Measurement:
    """One angle: a turn about another direction than its own hardly changes its length."""
    turn, covariance = _turn(fitted, normal, np.array([0.0, 0.0, 1.0]))
    across, angle = covariance[:2, :2], float(np.linalg.norm(turn))
    sigma = largest_sigma(across)
    if angle > CLEAR_SIGMA * sigma:
        direction = turn[:2] / angle
        sigma = float(np.sqrt(direction @ across @ direction))
    return measured(angle, sigma)


def _mean(fitted: FittedCone) -> Measurement:
    mean = fitted.mean_gap
    return _gap(fitted, mean.gap_mm, mean.by_motion, mean.by_bed)


def _rim(fitted: FittedCone) -> tuple[Measurement, Measurement]:
    """Smallest and largest air gap over the inner rim."""
    rim = fitted.rim
    extremes = (int(np.argmin(rim.gaps_mm)), int(np.argmax(rim.gaps_mm)))
    low, high = (
        _gap(fitted, float(rim.gaps_mm[i]), rim.by_motion[i], rim.by_bed[i], fitted.rim_sigma_mm)
        for i in extremes
    )
    return low, high


def _gap(
    fitted: FittedCone, gap_mm: float, by_motion: Float, by_bed: Float, unmodelled_mm: float = 0.0
) -> Measurement:
    variance = by_motion @ fitted.pose_covariance @ by_motion
    variance += by_bed @ fitted.bed_covariance @ by_bed + unmodelled_mm**2 + MODEL_SIGMA_MM**2
    return measured(gap_mm, float(np.sqrt(variance)))
