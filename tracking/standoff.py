"""The cone against the bed: incidence and air gap, with total sigma.

Everything in applicator space, bed z = f(x, y), exit plane z = -x tan(bevel). A small motion
(rotation, displacement) of the true cone against the registered one moves the bed the other
way; that, and the bed's own covariance, make the sigma. The rig does not enter: camera to
cone and camera to bed come from the same frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import BedSurface, quadratic_basis
from tracking.docking import largest_sigma, rig_position_covariance, ring_motion, skew
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.registration import Registration
from tracking.rig import Rig
from tracking.transforms import transform_points

N_RIM_POINTS = 72


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
class _Fitted:
    """Registration and bed with everything turned into applicator axes."""

    applicator: Applicator
    pose_covariance: Float  # (6, 6), rotation then displacement of the exit centre
    coefficients: Float
    bed_covariance: Float


def measure_standoff(
    applicator: Applicator, registration: Registration, bed: BedSurface
) -> Standoff:
    """Measure the cone against the bed; what cannot be told is NOT_OBSERVABLE."""
    if bed.coefficients is None or bed.covariance is None or registration.covariance is None:
        return Standoff()
    fitted = _Fitted(
        applicator, _in_applicator_axes(registration), bed.coefficients, bed.covariance
    )
    has_direction = registration.roll_observable
    has_normal = applicator.bevel_deg == 0 or has_direction
    size, along_x, along_y = _incidence(fitted) if has_normal else (NOT_OBSERVABLE,) * 3
    low, high = (
        _rim(fitted) if registration.axial_observable and has_normal else (NOT_OBSERVABLE,) * 2
    )
    return Standoff(
        incidence_deg=size,
        incidence_x_deg=along_x if has_direction else NOT_OBSERVABLE,
        incidence_y_deg=along_y if has_direction else NOT_OBSERVABLE,
        beam_incidence_deg=_beam_incidence(fitted),
        air_gap_mm=_air_gap(fitted) if registration.axial_observable else NOT_OBSERVABLE,
        air_gap_max_mm=high,
        air_gap_min_mm=low,
    )


def measure_ssd_error(
    applicator: Applicator,
    registration: Registration,
    bed: BedSurface,
    rig: Rig,
    planned: tuple[float, float],
) -> Measurement:
    """(docking gap - planned) + (air gap - planned): a slide along the axis cancels."""
    if (
        bed.coefficients is None
        or bed.covariance is None
        or registration.covariance is None
        or not registration.axial_observable
    ):
        return NOT_OBSERVABLE
    ring_camera = (
        registration.exit_centre_camera_mm + applicator.length_mm * registration.axis_camera
    )
    ring = transform_points(rig.head_from_camera, ring_camera)
    gap, by_bed = _mean_gap(applicator, bed.coefficients)
    rotation = _rotation(registration)
    by_motion = -(rig.head_from_camera[:3, :3] @ ring_motion(applicator, registration))[2]
    by_motion[3:] += rotation @ _gap_by_displacement(bed.coefficients)
    variance = by_motion @ registration.covariance @ by_motion + by_bed @ bed.covariance @ by_bed
    variance += rig_position_covariance(rig, ring)[2, 2]
    value = (-float(ring[2]) - planned[0]) + (gap - planned[1])
    return measured(value, float(np.sqrt(variance)))


def exit_normal(applicator: Applicator) -> Float:
    """Unit normal of the exit plane towards the source, applicator space."""
    normal = np.array([applicator.bevel_slope, 0.0, 1.0])
    unit: Float = normal / np.linalg.norm(normal)
    return unit


def rotation_vector_between(first: Float, second: Float) -> Float:
    """Rotation vector in degrees that takes one unit vector to another."""
    cross = np.cross(first, second)
    sine = float(np.linalg.norm(cross))
    angle = np.degrees(np.arctan2(sine, float(first @ second)))
    scale = angle / sine if sine > 1e-12 else np.degrees(1.0)
    vector: Float = cross * scale
    return vector


def _rotation(registration: Registration) -> Float:
    if registration.camera_from_applicator is None:
        raise ValueError(f"no pose: {registration.status}")
    return registration.camera_from_applicator[:3, :3]


def _in_applicator_axes(registration: Registration) -> Float:
    covariance = registration.covariance
    if covariance is None:
        raise ValueError(f"no pose: {registration.status}")
    axes = np.kron(np.eye(2), _rotation(registration).T)
    turned: Float = axes @ covariance @ axes.T
    return turned


def _bed_normal(fitted: _Fitted) -> tuple[Float, Float]:
    """Outward unit normal at the field's centre and its derivative by (c1, c2), (3, 2)."""
    slope_x, slope_y = fitted.coefficients[1:3]
    length = np.sqrt(1 + slope_x**2 + slope_y**2)
    normal = np.array([-slope_x, -slope_y, 1.0]) / length
    by_slopes = np.array([[-1.0, 0.0], [0.0, -1.0], [0.0, 0.0]]) / length
    by_slopes -= np.outer(normal, np.array([slope_x, slope_y])) / length**2
    return normal, by_slopes


def _turn(fitted: _Fitted, reference: Float) -> tuple[Float, Float]:
    """Rotation vector (deg) from a direction of the cone to the bed's normal, and covariance.

    To first order in the angle: w = n_e x n_b, and a cone that is turned by r sees
    n_b turned by -r.
    """
    normal, by_slopes = _bed_normal(fitted)
    by_bed = skew(reference) @ by_slopes
    by_pose = skew(reference) @ skew(normal)
    covariance = by_bed @ fitted.bed_covariance[1:3, 1:3] @ by_bed.T
    covariance = covariance + by_pose @ fitted.pose_covariance[:3, :3] @ by_pose.T
    return rotation_vector_between(reference, normal), covariance * np.degrees(1.0) ** 2


def _burial_variance(fitted: _Fitted) -> float:
    """Variance (deg^2) of incidence where a bevelled rim has sunk into the bed.

    The roll of a bevel is read off its rim. Tissue that covers half of the rim d / 2 deeper
    than the other half looks like a rim turned by d / (sqrt(2) R).
    """
    if fitted.applicator.bevel_deg == 0:
        return 0.0
    gap, _ = _mean_gap(fitted.applicator, fitted.coefficients)
    turned = max(0.0, -gap) / (np.sqrt(2) * fitted.applicator.outer_radius_mm)
    return float(np.degrees(turned)) ** 2


def _incidence(fitted: _Fitted) -> tuple[Measurement, Measurement, Measurement]:
    turn, covariance = _turn(fitted, exit_normal(fitted.applicator))
    covariance = covariance + np.eye(3) * _burial_variance(fitted)
    return (
        measured(float(np.linalg.norm(turn)), largest_sigma(covariance)),
        measured(turn[0], float(np.sqrt(covariance[0, 0]))),
        measured(turn[1], float(np.sqrt(covariance[1, 1]))),
    )


def _beam_incidence(fitted: _Fitted) -> Measurement:
    turn, covariance = _turn(fitted, np.array([0.0, 0.0, 1.0]))
    return measured(float(np.linalg.norm(turn)), largest_sigma(covariance))


def _mean_gap(applicator: Applicator, coefficients: Float) -> tuple[float, Float]:
    """Mean air gap over the inner field and its derivative by the coefficients.

    Over a disc of radius R, x and y average to 0 and x^2, y^2 to R^2 / 4.
    """
    by_bed = np.zeros(6)
    by_bed[0] = -1.0
    by_bed[[3, 5]] = -(applicator.inner_radius_mm**2) / 4
    return float(by_bed @ coefficients), by_bed


def _gap_by_displacement(coefficients: Float) -> Float:
    """How the gap at the centre grows with a displacement of the cone, applicator axes."""
    return np.array([-coefficients[1], -coefficients[2], 1.0])


def _air_gap(fitted: _Fitted) -> Measurement:
    gap, by_bed = _mean_gap(fitted.applicator, fitted.coefficients)
    by_shift = _gap_by_displacement(fitted.coefficients)
    variance = by_bed @ fitted.bed_covariance @ by_bed
    variance += by_shift @ fitted.pose_covariance[3:, 3:] @ by_shift
    return measured(gap, float(np.sqrt(variance)))


def _rim(fitted: _Fitted) -> tuple[Measurement, Measurement]:
    """Smallest and largest air gap over the inner rim."""
    angle = np.arange(N_RIM_POINTS) * (2 * np.pi / N_RIM_POINTS)
    radius = fitted.applicator.inner_radius_mm
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    basis = quadratic_basis(x, y)
    gaps = -x * fitted.applicator.bevel_slope - basis @ fitted.coefficients
    return (
        _rim_measurement(fitted, float(gaps.min()), basis[int(np.argmin(gaps))]),
        _rim_measurement(fitted, float(gaps.max()), basis[int(np.argmax(gaps))]),
    )


def _rim_measurement(fitted: _Fitted, gap: float, basis: Float) -> Measurement:
    _, x, y, _, _, _ = basis
    c = fitted.coefficients
    normal = np.array([-(c[1] + 2 * c[3] * x + c[4] * y), -(c[2] + c[4] * x + 2 * c[5] * y), 1.0])
    point = np.array([x, y, -x * fitted.applicator.bevel_slope])
    by_motion = np.concatenate([np.cross(point, normal), normal])
    variance = basis @ fitted.bed_covariance @ basis
    variance += by_motion @ fitted.pose_covariance @ by_motion
    return measured(gap, float(np.sqrt(variance)))
