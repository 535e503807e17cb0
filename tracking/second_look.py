"""A second look at a frame whose cone is registered: its labels, and where it pays its pose.

The first look, on the labels as they came, decides what may be believed: whether there is one
cone, whole, and which. The second can only confirm it: labels that depth corrected materially are
registered once more from the first pose, and where that moves the pose further than its
covariance explains, or finds no cone, the frame is unsure. What the first look left open stays
open, because labels that were trimmed to a pose make that pose look better than it is.

Labels that were stored as truth are not touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.depth_noise import DepthNoise
from tracking.identity import fits
from tracking.matting import needs_matting
from tracking.pose_change import pose_change
from tracking.registration import PoseStart, Registration, RegistrationStatus
from tracking.relabel import relabelled
from tracking.segmentation import Segmentation

MATERIAL_SHARE = 0.03  # of the applicator's pixels told otherwise: less moves no pose notably
MAX_MOTION = 22.5  # squared, in the first pose's covariance: 99.9 % of six normal unknowns
SINGULAR = 1e-11  # of the largest variance: directions left out as not observable

Register = Callable[[Segmentation, Float], Registration]


@dataclass(frozen=True, eq=False)
class SecondLook:
    """What to go on with.

    `told`: the labels that `registration` comes from; `drawn`: those that everything else is to
    see, which follow the registered outline.
    """

    registration: Registration
    told: Segmentation
    drawn: Segmentation


def second_look(
    model: ConeModel,
    first: Registration,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    register: Register,
) -> SecondLook:
    """Correct the labels behind a registration that is OK, and register again where it pays.

    `register` registers given labels from a given start.
    Fails to: the first look; POOR_FIT where the second contradicts it.
    """
    pose = first.camera_from_applicator
    unchanged = SecondLook(first, segmentation, segmentation)
    if pose is None or not needs_matting(segmentation.edge_quality) or _is_another(model, first):
        return unchanged
    found = relabelled(model, first, segmentation, depth_mm, intrinsics, noise)
    if found is None:
        return unchanged
    drawn = replace(segmentation, labels=found.drawn)
    if not found.told_share >= MATERIAL_SHARE:
        return SecondLook(first, segmentation, drawn)
    told = replace(segmentation, labels=found.told)
    return SecondLook(_confirmed(first, register(told, pose)), told, drawn)


def _is_another(model: ConeModel, registration: Registration) -> bool:
    """Whether the view shows another cone than the model's: its surface predicts nothing then."""
    dimensions = registration.dimensions
    return dimensions is not None and not fits(dimensions, model.applicator)


def _confirmed(first: Registration, second: Registration) -> Registration:
    """The second registration as far as it agrees with the first."""
    if not second.is_ok:
        return second
    if second.start is not PoseStart.TRACKED or not _motion(first, second) <= MAX_MOTION:
        return second.with_status(RegistrationStatus.POOR_FIT)
    known = second.dimensions if first.dimensions is not None else None
    return second.with_start(first.start).with_dimensions(known)


def _motion(first: Registration, second: Registration) -> float:
    """Squared length of the motion between the poses, by the first one's covariance."""
    before, after = first.camera_from_applicator, second.camera_from_applicator
    if before is None or after is None or first.covariance is None:
        return float("inf")
    change = pose_change(before, after)
    return float(change @ np.linalg.pinv(first.covariance, SINGULAR, hermitian=True) @ change)
