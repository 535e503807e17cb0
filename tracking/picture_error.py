"""What the calibration of the colour camera adds to a pose that was read from its picture.

Assumptions about a calibrated camera, not measurements of one: a site checks them by holding such
a pose against depth.
"""

from __future__ import annotations

from math import radians

import numpy as np

from tracking.arrays import Float
from tracking.docking import skew

FOCAL_SIGMA = 5e-4  # of the colour camera's focal length: 0.4 mm of distance at 0.8 m
EXTRINSIC_SIGMA_DEG, EXTRINSIC_SIGMA_MM = 0.03, 0.2  # per axis, colour against depth camera


def calibration_covariance(centre_mm: Float) -> Float:
    """Covariance (6, 6) of a pose about `centre_mm`, both in the colour camera's space.

    Small rotation in rad, then translation in mm. A focal length that is wrong puts things
    nearer or farther; an extrinsic that is wrong turns them about the camera.
    """
    turn = radians(EXTRINSIC_SIGMA_DEG)
    swing = -skew(centre_mm)
    nearer = np.array([0.0, 0.0, FOCAL_SIGMA * centre_mm[2]])
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = np.eye(3) * turn**2
    covariance[:3, 3:] = turn**2 * swing.T
    covariance[3:, :3] = turn**2 * swing
    covariance[3:, 3:] = turn**2 * swing @ swing.T + np.outer(nearer, nearer)
    covariance[3:, 3:] += np.eye(3) * EXTRINSIC_SIGMA_MM**2
    return covariance
