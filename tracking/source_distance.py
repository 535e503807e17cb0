"""What the dose sees of docking gap and air gap together."""

from __future__ import annotations

import numpy as np

from tracking.applicator import MODEL_SIGMA_MM, Applicator
from tracking.bed import BedSurface
from tracking.docking import rig_position_covariance, ring_centre_camera_mm, ring_motion
from tracking.measurement import NOT_OBSERVABLE, Measurement, measured
from tracking.registration import Registration
from tracking.rig import Rig
from tracking.standoff import fitted_cone
from tracking.transforms import blockwise, transform_points


def measure_ssd_error(
    applicator: Applicator,
    registration: Registration,
    bed: BedSurface,
    rig: Rig,
    planned: tuple[float, float],
) -> Measurement:
    """(docking gap - planned) + (air gap - planned): a slide along the axis cancels.

    `planned`: docking gap and air gap of the plan, mm.
    """
    fitted = fitted_cone(applicator, registration, bed)
    pose, covariance = registration.camera_from_applicator, registration.covariance
    if fitted is None or pose is None or covariance is None or not registration.axial_observable:
        return NOT_OBSERVABLE
    gap = fitted.mean_gap
    to_applicator = blockwise(pose[:3, :3].T)
    ring = transform_points(rig.head_from_camera, ring_centre_camera_mm(applicator, registration))
    by_motion = -(rig.head_from_camera[:3, :3] @ ring_motion(applicator, registration))[2]
    by_motion = by_motion + gap.by_motion @ to_applicator
    variance = by_motion @ covariance @ by_motion + gap.by_bed @ fitted.bed_covariance @ gap.by_bed
    variance += rig_position_covariance(rig, ring)[2, 2] + MODEL_SIGMA_MM**2
    value = (-float(ring[2]) - planned[0]) + (gap.gap_mm - planned[1])
    return measured(value, float(np.sqrt(variance)))
