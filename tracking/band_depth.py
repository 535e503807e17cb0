"""What the depth of a collar's paper says of the cone's pose: alone, and with the collar.

Small motions are (rotation, displacement) of the exit's centre in applicator axes, as in
`likelihood`. Alone, the depth tells how near the ring is along the line of sight, and the two
tilts that bring one side of it nearer; the three other motions stay as the collar has them, and
what the collar may err there counts in the bound. Together: least squares with the collar's
covariance as prior. The prior is exact or it errs as stated, and the depth's score has the
covariance of its correlated noise, so the sum's covariance is H^-1 (P + M) H^-1 with H = P + B
(Huber's sandwich; B, M: `depth_information`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.depth_information import depth_information
from tracking.depth_noise import DepthNoise
from tracking.docking import skew
from tracking.likelihood import DepthTerms, depth_equations, depth_terms
from tracking.second_estimate import CHI_99
from tracking.sigmas import largest_sigma
from tracking.stereo_noise import correlation_inflation
from tracking.transforms import rotation_from_vector

PAPER_SIGMA_MM = 0.1  # its thickness and how flat it lies: what is measured is the paper's face
NORMAL_99 = 2.576  # 99 % of one Gaussian number, either way
N_STEPS = 6
STILL = 1e-3  # squared, of a step in sigma: no more is to be gained
MIN_HITS = 0.5  # of the pixels, that meet the model
START_OFF = 3.0  # times the robust cutoff in the first step: a wrong start makes outliers


@dataclass(frozen=True)
class BandDepth:
    """Where the paper's depth, alone, puts the ring: against the collar's pose.

    Attributes
    ----------
    farther_mm, tilt_deg
        Along the line of sight to the ring's centre, and about the two axes across it.
    farther_bound_mm, tilt_bound_deg
        99 % bounds of the depth's own error.
    agrees : bool
        Whether both lie within the sum of the depth's and the collar's 99 % bounds.
    """

    farther_mm: float
    tilt_deg: float
    farther_bound_mm: float
    tilt_bound_deg: float
    agrees: bool


@dataclass(frozen=True, eq=False)
class FusedPose:
    """Pose (4, 4), and covariance (6, 6) about the exit's centre in applicator axes."""

    pose: Float
    covariance: Float


def depth_only(
    model: ConeModel, pose: Float, pixels: ApplicatorPixels, noise: DepthNoise, prior: Float
) -> BandDepth | None:
    """Fit distance and tilts to the depth alone, from the collar's pose with covariance `prior`.

    None where the depth does not tell them.
    """
    told, left = _motions(model.applicator.length_mm, pose)
    inflation = correlation_inflation(pixels.stride_px, noise.correlation_px)
    found = np.zeros(3)
    for index in range(N_STEPS):
        terms = _terms(model, _moved(pose, told @ found), pixels, noise)
        if terms is None:
            return None
        information, gradient = depth_equations(terms, inflation, START_OFF if index == 0 else 1.0)
        step = _solved(told.T @ information @ told, told.T @ gradient)
        if step is None:
            return None
        found = found + step
        if step @ told.T @ information @ told @ step < STILL:
            break
    else:
        return None
    information, score = depth_information(terms, pixels, noise.correlation_px, inflation)
    inverse = np.linalg.inv(told.T @ information @ told)
    leak = inverse @ told.T @ information @ left
    among = np.linalg.inv(np.concatenate([told, left], axis=1))
    collar = among @ prior @ among.T
    own = inverse @ told.T @ score @ told @ inverse + leak @ collar[3:, 3:] @ leak.T
    own[0, 0] += PAPER_SIGMA_MM**2
    return _compared(found, own, collar[:3, :3])


def _compared(found: Float, own: Float, collar: Float) -> BandDepth | None:
    """Offset and bounds; `own`, `collar` (3, 3): farther in mm, two tilts in rad."""
    if not (np.isfinite(found).all() and np.isfinite(own).all()):
        return None
    near_mm, near_collar_mm = (NORMAL_99 * float(np.sqrt(c[0, 0])) for c in (own, collar))
    tilt_rad, tilt_collar_rad = (CHI_99[2] * largest_sigma(c[1:, 1:]) for c in (own, collar))
    is_near = abs(float(found[0])) <= near_mm + near_collar_mm
    tilt = float(np.linalg.norm(found[1:]))
    return BandDepth(
        farther_mm=float(found[0]),
        tilt_deg=float(np.degrees(tilt)),
        farther_bound_mm=near_mm,
        tilt_bound_deg=float(np.degrees(tilt_rad)),
        agrees=is_near and tilt <= tilt_rad + tilt_collar_rad,
    )


def fused(
    model: ConeModel, pose: Float, pixels: ApplicatorPixels, noise: DepthNoise, prior: Float
) -> FusedPose | None:
    """Correct the collar's pose by the depth; None where that does not settle."""
    inflation = correlation_inflation(pixels.stride_px, noise.correlation_px)
    weight = np.linalg.inv(prior)
    found = np.zeros(6)
    for _ in range(N_STEPS):
        terms = _terms(model, _moved(pose, found), pixels, noise)
        if terms is None:
            return None
        information, gradient = depth_equations(terms, inflation)
        step = _solved(weight + information, gradient - weight @ found)
        if step is None:
            return None
        found = found + step
        if step @ (weight + information) @ step < STILL:
            break
    else:
        return None
    information, score = depth_information(terms, pixels, noise.correlation_px, inflation)
    inverse = np.linalg.inv(weight + information)
    covariance = inverse @ (weight + score) @ inverse
    covariance[3:, 3:] += PAPER_SIGMA_MM**2 * np.eye(3)
    return FusedPose(_moved(pose, found), covariance)


def _terms(
    model: ConeModel, pose: Float, pixels: ApplicatorPixels, noise: DepthNoise
) -> DepthTerms | None:
    terms = depth_terms(model, pose, pixels, noise)
    return terms if np.isfinite(terms.residuals).mean() >= MIN_HITS else None


def _solved(matrix: Float, vector: Float) -> Float | None:
    if not (np.isfinite(matrix).all() and np.linalg.cond(matrix) < 1 / np.finfo(float).eps):
        return None
    step: Float = np.linalg.solve(matrix, vector).astype(np.float64)
    return step if np.isfinite(step).all() else None


def _motions(length_mm: float, pose: Float) -> tuple[Float, Float]:
    """Motions of the ring that its depth tells, and those left, each (6, 3).

    Told: farther along the line of sight (mm), turned about the two axes across it (rad). Left:
    shifted along these two, turned about the line of sight.
    """
    lever = np.array([0.0, 0.0, length_mm])
    ring = pose[:3, :3] @ lever + pose[:3, 3]
    sight = pose[:3, :3].T @ ring / np.linalg.norm(ring)
    helper = np.eye(3)[int(np.argmin(np.abs(sight)))]
    first = np.cross(sight, helper)
    first /= np.linalg.norm(first)
    second = np.cross(sight, first)
    none, swing = np.zeros(3), skew(lever)
    told = [np.concatenate([none, sight])]
    told += [np.concatenate([axis, swing @ axis]) for axis in (first, second)]
    left = [np.concatenate([none, axis]) for axis in (first, second)]
    left.append(np.concatenate([sight, swing @ sight]))
    return np.stack(told, axis=1), np.stack(left, axis=1)


def _moved(pose: Float, motion: Float) -> Float:
    moved = pose.copy()
    moved[:3, :3] = pose[:3, :3] @ rotation_from_vector(motion[:3])
    moved[:3, 3] = pose[:3, 3] + pose[:3, :3] @ motion[3:]
    return moved
