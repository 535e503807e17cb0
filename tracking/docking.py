"""Docking of the head to the applicator: tilt, lateral offset and gap, with total sigma.

In head space, a = applicator +z: tilt_x = atan2(-a_y, a_z), tilt_y = atan2(a_x, a_z). The
ring's top centre c gives lateral (c_x, c_y) and gap -c_z (DESIGN section 2). Sigma combines
the registration's covariance with the rig's: `angle_sigma_deg` per axis about the head's
origin and `position_sigma_mm` per axis there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot, radians

import numpy as np

from tracking.applicator import MODEL_SIGMA_MM, Applicator
from tracking.arrays import Float
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.registration import Registration
from tracking.rig import Rig
from tracking.sigmas import largest_sigma
from tracking.transforms import transform_points

SLIDE_SHARE = 0.5  # of a lateral's variance: above it, the lateral is told by the slide


@dataclass(frozen=True)
class Docking:
    """The quantities between head and applicator."""

    docking_tilt_deg: Measurement
    tilt_x_deg: Measurement
    tilt_y_deg: Measurement
    docking_lateral_mm: Measurement
    lateral_x_mm: Measurement
    lateral_y_mm: Measurement
    docking_gap_mm: Measurement


def skew(vector: Float) -> Float:
    """The matrix [v]x with [v]x w = v x w."""
    x, y, z = vector.tolist()
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def ring_centre_camera_mm(applicator: Applicator, registration: Registration) -> Float:
    """Centre of the docking ring's top face in camera space."""
    centre: Float = (
        registration.exit_centre_camera_mm + applicator.length_mm * registration.axis_camera
    )
    return centre


def ring_motion(applicator: Applicator, registration: Registration) -> Float:
    """How the ring's top centre follows small motions of the exit centre, (3, 6), camera axes."""
    lever = applicator.length_mm * registration.axis_camera
    return np.concatenate([-skew(lever), np.eye(3)], axis=1)


def measure_docking(applicator: Applicator, registration: Registration, rig: Rig) -> Docking:
    """Measure docking from a registration with a pose."""
    rotation = rig.head_from_camera[:3, :3]
    covariance = registration.covariance
    if covariance is None:
        raise ValueError(f"no pose: {registration.status}")
    axis = rotation @ registration.axis_camera
    turn = rotation @ covariance[:3, :3] @ rotation.T
    turn = turn + np.eye(3) * radians(rig.angle_sigma_deg) ** 2
    tilt, tilt_cov = _tilt(axis, turn)
    ring = transform_points(rig.head_from_camera, ring_centre_camera_mm(applicator, registration))
    motion = rotation @ ring_motion(applicator, registration)
    ring_cov = motion @ covariance @ motion.T + rig_position_covariance(rig, ring)
    ring_cov += np.eye(3) * MODEL_SIGMA_MM**2
    lateral, gap = ring[:2], -float(ring[2])
    tilt_total = degrees(atan2(hypot(axis[0], axis[1]), axis[2]))
    sigma_x, sigma_y = np.sqrt(np.diag(ring_cov)[:2]).tolist()
    has_lateral = registration.axial_observable or not _slides_sideways(
        axis, rotation @ covariance[3:, 3:] @ rotation.T, ring_cov
    )
    return Docking(
        docking_tilt_deg=measured(tilt_total, largest_sigma(tilt_cov)),
        tilt_x_deg=measured(tilt[0], float(np.sqrt(tilt_cov[0, 0]))),
        tilt_y_deg=measured(tilt[1], float(np.sqrt(tilt_cov[1, 1]))),
        docking_lateral_mm=measured(hypot(lateral[0], lateral[1]), largest_sigma(ring_cov[:2, :2]))
        if has_lateral
        else NOT_OBSERVABLE,
        lateral_x_mm=measured(lateral[0], sigma_x) if has_lateral else NOT_OBSERVABLE,
        lateral_y_mm=measured(lateral[1], sigma_y) if has_lateral else NOT_OBSERVABLE,
        docking_gap_mm=measured(gap, float(np.sqrt(ring_cov[2, 2])))
        if registration.axial_observable
        else NOT_OBSERVABLE,
    )


def _slides_sideways(axis: Float, exit_cov: Float, ring_cov: Float) -> bool:
    """Whether an untold slide along a tilted axis is most of what is not known of the lateral.

    All in head space; covariances (3, 3) in mm^2. A cone that stands straight tells its lateral
    without its slide.
    """
    slide_variance = float(axis @ exit_cov @ axis)
    sideways = axis[:2] ** 2 * slide_variance
    return bool(np.any(sideways > SLIDE_SHARE * np.diag(ring_cov)[:2]))


def rig_position_covariance(rig: Rig, point_head_mm: Float) -> Float:
    """Covariance (3, 3), mm^2, that the rig adds to a point in head space."""
    lever = skew(point_head_mm)
    angle_variance = radians(rig.angle_sigma_deg) ** 2
    covariance: Float = np.eye(3) * rig.position_sigma_mm**2 + angle_variance * (lever @ lever.T)
    return covariance


def _tilt(axis: Float, turn: Float) -> tuple[Float, Float]:
    """(tilt_x, tilt_y) in degrees and their 2x2 covariance, from the axis and its rotation's."""
    a_x, a_y, a_z = axis
    tilt = np.degrees([atan2(-a_y, a_z), atan2(a_x, a_z)])
    by_axis = np.array(
        [
            [0.0, -a_z / (a_y**2 + a_z**2), a_y / (a_y**2 + a_z**2)],
            [a_z / (a_x**2 + a_z**2), 0.0, -a_x / (a_x**2 + a_z**2)],
        ]
    )
    jacobian = np.degrees(by_axis @ -skew(axis))
    return tilt, jacobian @ turn @ jacobian.T
