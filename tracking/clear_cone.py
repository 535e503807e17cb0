"""The pose of a clear cone: its collar's, corrected by the depth of the collar's paper.

Depth looks through clear plastic; paper is opaque. The collar is read from brightness alone, so
that the paper's depth is an independent measure of its distance and of both tilts towards the
line of sight: these are compared, and only where they agree are the two made one pose. What lies
across the line of sight, and the roll, rest on the collar and have no second witness.

Fails to: a status without a pose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.applicator import Applicator
from tracking.applicator_pixels import ApplicatorPixels, select_pixels
from tracking.arrays import Bool, Float
from tracking.band_depth import BandDepth, depth_only, fused
from tracking.camera import CameraIntrinsics
from tracking.collar_band import expected_band
from tracking.cone_model import ConeModel
from tracking.depth_noise import DepthNoise
from tracking.docking import skew
from tracking.likelihood import depth_terms
from tracking.observable_covariance import MAX_ROLL_SIGMA_DEG
from tracking.pose_covariance import (
    INLIER_SIGMA,
    MAX_AXIS_SIGMA_DEG,
    MAX_EXIT_SIGMA_MM,
    MAX_SPREAD,
    MIN_INLIER_FRACTION,
)
from tracking.registration import PoseStart, Registration, RegistrationStatus
from tracking.second_estimate import SecondEstimate, SecondOpinion, Status
from tracking.segmentation import Segmentation
from tracking.transforms import blockwise, orthonormalise

MIN_BAND_PX = 100  # of unhidden paper: less says little of a tilt
MIN_DEPTH_SHARE = 0.5  # of the unhidden paper
MIN_SAMPLES = 60
STRAY_MM = 10.0  # from where the collar expects the paper, and `STRAY_SIGMA` of the depth's noise:
STRAY_SIGMA = 5.0  # farther, and it is no paper's; what lies behind a cone is farther by far


@dataclass(frozen=True, eq=False)
class ClearCone:
    """The registration of a clear cone, and what its two halves say of each other."""

    registration: Registration
    opinion: SecondOpinion


def is_clear(applicator: Applicator) -> bool:
    """Whether depth looks through the cone, and only its collar can be measured."""
    is_bare = applicator.material == "pmma" and applicator.sleeve_diameter_mm is None
    return is_bare and applicator.collar is not None


def register_clear_cone(
    model: ConeModel,
    collar: SecondEstimate,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> ClearCone:
    """Register a clear cone by its collar, as read in the same exposure's picture.

    `depth_mm` is corrected for the rig's bias. The status is TOO_FEW_POINTS where the paper is
    hidden or out of view, DEPTH_MISSING where it has no depth, DEPTH_FALSE where its depth does
    not fit the collar's pose within both 99 % bounds.

    Raises
    ------
    ValueError
        The estimate has no covariance, or the applicator no collar.
    """
    if collar.ring_covariance is None:
        raise ValueError(f"a collar's estimate with its covariance is needed, got {collar.method}")
    pose = collar.camera_from_applicator
    band = expected_band(model, pose, segmentation.labels, intrinsics)
    measured = np.where(np.isfinite(depth_mm), depth_mm, np.float32(0.0))
    pixels = select_pixels(band, measured, intrinsics, noise)
    status = _unusable(pixels)
    if status is None and not _is_paper(model, pose, band, measured, intrinsics, noise):
        status = RegistrationStatus.DEPTH_FALSE
    if status is not None:
        return _failed(status, pixels, collar)
    prior = _about_exit(collar.ring_covariance, model.applicator, pose)
    alone = depth_only(model, pose, pixels, noise, prior)
    if alone is None:
        return _failed(RegistrationStatus.DEPTH_FALSE, pixels, collar)
    opinion = _opinion(alone, collar)
    if not alone.agrees:
        return ClearCone(
            Registration(RegistrationStatus.DEPTH_FALSE, excluded=pixels.excluded), opinion
        )
    return ClearCone(_fused(model, pose, pixels, noise, prior), opinion)


def _unusable(pixels: ApplicatorPixels) -> RegistrationStatus | None:
    if pixels.n_mask < MIN_BAND_PX:
        return RegistrationStatus.TOO_FEW_POINTS
    if pixels.n_valid < MIN_DEPTH_SHARE * pixels.n_mask:
        return RegistrationStatus.DEPTH_MISSING
    return RegistrationStatus.TOO_FEW_POINTS if len(pixels.depth_mm) < MIN_SAMPLES else None


def _is_paper(
    model: ConeModel,
    pose: Float,
    band: Bool,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> bool:
    """Whether enough of the unhidden paper has a depth near the one that the collar expects.

    Paper that is not there leaves holes and what lies behind; a few true depths between them
    would satisfy a robust fit.
    """
    z = model.depths_mm(pose, intrinsics.ray_grid[band])
    near_mm = STRAY_MM + STRAY_SIGMA * noise.sigma_mm(z, intrinsics.fx)
    is_near = np.abs(depth_mm[band] - z) <= near_mm  # no depth, 0, is far from any
    return bool(is_near.mean() >= MIN_DEPTH_SHARE)


def _failed(
    status: RegistrationStatus, pixels: ApplicatorPixels, collar: SecondEstimate
) -> ClearCone:
    opinion = SecondOpinion(
        Status.NONE,
        ring_bound_mm=collar.ring_bound_mm,
        axis_bound_deg=collar.axis_bound_deg,
        applicator_ids=collar.applicator_ids,
    )
    return ClearCone(Registration(status, excluded=pixels.excluded), opinion)


def _opinion(alone: BandDepth, collar: SecondEstimate) -> SecondOpinion:
    """The paper's depth against the collar: never against the pose that both have made."""
    return SecondOpinion(
        Status.MADE,
        distance_mm=abs(alone.farther_mm),
        angle_deg=alone.tilt_deg,
        ring_bound_mm=alone.farther_bound_mm,
        axis_bound_deg=alone.tilt_bound_deg,
        first_ring_bound_mm=collar.ring_bound_mm,
        first_axis_bound_deg=collar.axis_bound_deg,
        applicator_ids=collar.applicator_ids,
    )


def _about_exit(ring_covariance: Float, applicator: Applicator, pose: Float) -> Float:
    """From the ring's centre and camera axes to the exit's centre and applicator axes."""
    to_exit = np.eye(6)
    to_exit[3:, :3] = skew(np.array([0.0, 0.0, applicator.length_mm]))
    motion = to_exit @ blockwise(pose[:3, :3].T)
    covariance: Float = motion @ ring_covariance @ motion.T
    return covariance


def _fused(
    model: ConeModel, pose: Float, pixels: ApplicatorPixels, noise: DepthNoise, prior: Float
) -> Registration:
    found = fused(model, pose, pixels, noise, prior)
    if found is None:
        return Registration(RegistrationStatus.NOT_CONVERGED, excluded=pixels.excluded)
    terms = depth_terms(model, found.pose, pixels, noise)
    known = terms.residuals[np.isfinite(terms.residuals)]
    inliers = float((np.abs(known) <= INLIER_SIGMA * terms.spread).mean()) if len(known) else 0.0
    axes = blockwise(found.pose[:3, :3])
    covariance = axes @ found.covariance @ axes.T
    roll_deg = float(np.degrees(np.sqrt(found.covariance[2, 2])))
    registration = Registration(
        status=RegistrationStatus.OK,
        camera_from_applicator=orthonormalise(found.pose),
        covariance=(covariance + covariance.T) / 2,
        inlier_fraction=inliers,
        n_points=len(pixels.depth_mm),
        residual_spread=terms.spread,
        roll_observable=roll_deg <= MAX_ROLL_SIGMA_DEG,
        axial_observable=True,
        excluded=pixels.excluded,
        start=PoseStart.TRACKED,  # read anew in each picture: only a jump speaks against it
    )
    return _with_status(registration)


def _with_status(found: Registration) -> Registration:
    """Fails to: POOR_FIT or WEAK_GEOMETRY, also for numbers that are NaN."""
    status = RegistrationStatus.OK
    spread = found.residual_spread
    is_fit = spread is not None and spread <= MAX_SPREAD
    if not (is_fit and found.inlier_fraction >= MIN_INLIER_FRACTION):
        status = RegistrationStatus.POOR_FIT
    elif not (
        (found.axis_sigma_deg or np.inf) <= MAX_AXIS_SIGMA_DEG
        and (found.exit_sigma_mm or np.inf) <= MAX_EXIT_SIGMA_MM
    ):
        status = RegistrationStatus.WEAK_GEOMETRY
    return found.with_status(status)
