"""From the information matrix to a covariance that can be trusted, and what it cannot see.

Consistency: where residuals scatter more than the rig's noise model says, the covariance
grows with them; it never shrinks below the model.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tracking.applicator import Applicator
from tracking.applicator_pixels import ApplicatorPixels
from tracking.arrays import Float
from tracking.depth_information import depth_information
from tracking.depth_noise import DepthNoise
from tracking.observable_covariance import UNKNOWN_SLIDE_MM, counted, observable_covariance
from tracking.refine import Refined
from tracking.registration import Registration, RegistrationStatus
from tracking.sigmas import largest_sigma, sigma_of
from tracking.transforms import blockwise, rigid

INLIER_SIGMA = 3.0
MIN_INLIER_FRACTION = 0.7
MAX_SPREAD = 4.0  # residual scatter over the noise model's: beyond, the model is the wrong shape
MAX_AXIS_SIGMA_DEG = 1.0
MAX_EXIT_SIGMA_MM = 5.0


def assess(
    applicator: Applicator, pixels: ApplicatorPixels, refined: Refined, noise: DepthNoise
) -> Registration:
    """Turn a refined pose into a Registration with covariance and status (no image check yet)."""
    residuals, spread = refined.depth.residuals, refined.depth.spread
    n_samples = len(residuals)
    n_residuals, n_inliers = counted(residuals, INLIER_SIGMA * spread)
    excluded = {
        **pixels.excluded,
        "grazing": refined.depth.n_grazing,
        "off_model": n_samples - refined.depth.n_hits,
    }
    if n_residuals < n_samples / 4 or not np.all(np.isfinite(refined.pose)):
        return Registration(RegistrationStatus.NOT_CONVERGED, excluded=excluded)
    inlier_fraction = n_inliers / max(1, n_samples - refined.depth.n_grazing)
    information, score = depth_information(
        refined.depth, pixels, noise.correlation_px, refined.inflation
    )
    information = information + refined.edge_information
    score = score + refined.edge_information
    if not (np.isfinite(information).all() and np.isfinite(score).all()):
        return Registration(RegistrationStatus.NOT_CONVERGED, excluded=excluded)
    covariance, roll_observable, axial_observable = observable_covariance(
        information, score, applicator.bevel_deg
    )
    pose = refined.pose if roll_observable else _canonical_roll(refined.pose)
    axes = blockwise(refined.pose[:3, :3])
    registration = Registration(
        status=RegistrationStatus.OK,
        camera_from_applicator=pose,
        covariance=axes @ covariance @ axes.T,
        inlier_fraction=inlier_fraction,
        n_points=n_samples,
        residual_spread=spread,
        roll_observable=roll_observable,
        axial_observable=axial_observable,
        excluded=excluded,
    )
    return _with_status(registration, refined, spread)


def _with_status(registration: Registration, refined: Refined, spread: float) -> Registration:
    status = RegistrationStatus.OK
    if not refined.converged:
        status = RegistrationStatus.NOT_CONVERGED
        return Registration(status, excluded=registration.excluded)
    if not (spread <= MAX_SPREAD and registration.inlier_fraction >= MIN_INLIER_FRACTION):
        status = RegistrationStatus.POOR_FIT
    elif not (
        (registration.axis_sigma_deg or np.inf) <= MAX_AXIS_SIGMA_DEG
        and _across_sigma_mm(registration) <= MAX_EXIT_SIGMA_MM
    ):
        status = RegistrationStatus.WEAK_GEOMETRY
    return registration if status is registration.status else registration.with_status(status)


def without_slide(registration: Registration) -> Registration:
    """The registration with slide and roll declared not observable: the rim tells both."""
    if registration.covariance is None:
        return registration
    axis = np.concatenate([np.zeros(3), registration.axis_camera])
    keep = np.eye(6) - np.outer(axis, axis)
    covariance = keep @ registration.covariance @ keep.T
    covariance += np.outer(axis, axis) * UNKNOWN_SLIDE_MM**2
    return replace(
        registration, covariance=covariance, axial_observable=False, roll_observable=False
    )


def without_roll(registration: Registration) -> Registration:
    """The registration with its roll declared not observable."""
    if registration.covariance is None:
        return registration
    keep = np.eye(6)
    keep[:3, :3] -= np.outer(registration.axis_camera, registration.axis_camera)
    covariance = keep @ registration.covariance @ keep.T
    return replace(registration, covariance=covariance, roll_observable=False)


def slide_sigma_mm(registration: Registration) -> float:
    """1-sigma of the exit centre along the axis; infinite where there is no pose."""
    if registration.exit_cov_mm2 is None:
        return float("inf")
    axis = registration.axis_camera
    return sigma_of(float(axis @ registration.exit_cov_mm2 @ axis))


def _across_sigma_mm(registration: Registration) -> float:
    """Largest 1-sigma of the exit centre across the axis; infinite where there is no pose."""
    if registration.exit_cov_mm2 is None:
        return float("inf")
    across = np.eye(3) - np.outer(registration.axis_camera, registration.axis_camera)
    return largest_sigma(across @ registration.exit_cov_mm2 @ across)


def _canonical_roll(pose: Float) -> Float:
    """Fix a roll that cannot be seen: applicator x along camera x, perpendicular to the axis."""
    axis = pose[:3, 2]
    helper = np.eye(3)[0] if abs(axis[0]) < 0.9 else np.eye(3)[1]
    x = helper - axis * float(helper @ axis)
    x /= np.linalg.norm(x)
    return rigid(np.stack([x, np.cross(axis, x), axis], axis=1), pose[:3, 3])
