"""Small rigid motions as six numbers: rotation vector (rad) first, then translation (mm).

`moved = motion(e) @ pose`: the motion acts from the left, in the target's space, about its origin.
"""

from __future__ import annotations

import cv2
import numpy as np

from tracking.arrays import Float
from tracking.docking import skew
from tracking.transforms import invert, orthonormalise, rigid, rotation_from_vector


def motion(twist: Float) -> Float:
    """The 4x4 transform of a small motion."""
    return rigid(rotation_from_vector(twist[:3]), twist[3:])


def twist_between(moved: Float, pose: Float) -> Float:
    """The motion e with `moved = motion(e) @ pose`, exactly."""
    difference = moved @ invert(pose)
    vector, _ = cv2.Rodrigues(np.ascontiguousarray(difference[:3, :3]))
    return np.concatenate([np.ravel(vector), difference[:3, 3]])


def adjoint(transform: Float) -> Float:
    """The 6x6 matrix that carries a twist of the source space into the target space."""
    rotation = transform[:3, :3]
    matrix = np.zeros((6, 6))
    matrix[:3, :3] = matrix[3:, 3:] = rotation
    matrix[3:, :3] = skew(transform[:3, 3]) @ rotation
    return matrix


def mean_pose(poses: Float) -> Float:
    """The chordal mean rotation and the median translation of poses (n, 4, 4)."""
    mean = poses.mean(axis=0)
    mean[:3, 3] = np.median(poses[:, :3, 3], axis=0)
    return orthonormalise(mean)


def worst_sigma(covariance: Float) -> float:
    """Root of the largest eigenvalue: the sigma along the least known direction."""
    return float(np.sqrt(max(0.0, float(np.linalg.eigvalsh(covariance)[-1]))))
