"""A second estimate of the cone's pose, and what it says of the first.

It must fail differently from the registration: it rests on brightness alone, never on depth.
Fails to: nothing to compare, or not seen. A number that cannot be computed is NaN, which the gate
refuses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Literal

import numpy as np

from tracking.applicator import MODEL_SIGMA_MM, Applicator
from tracking.arrays import Float, finite_array
from tracking.docking import ring_centre_camera_mm, ring_motion
from tracking.registration import Registration
from tracking.sigmas import largest_sigma
from tracking.transforms import angle_between_deg, check_transform, transform_points

Method = Literal["collar", "edges"]

CHI_99 = {2: sqrt(9.210), 3: sqrt(11.345)}  # 99 % of the length of a Gaussian vector of n axes


class Status(StrEnum):
    """What became of the second estimate.

    NONE: none was possible (no collar in the catalogue, no usable colour, no pose to compare
    with). NOT_SEEN: the catalogue has a collar, the picture does not show it. MADE: compared.
    """

    NONE = "NONE"
    NOT_SEEN = "NOT_SEEN"
    MADE = "MADE"


@dataclass(frozen=True, eq=False)
class SecondEstimate:
    """A pose by other means, with its own 99 % bounds.

    Attributes
    ----------
    camera_from_applicator : (4, 4)
        In the depth camera's space; edges do not tell its roll.
    ring_bound_mm, axis_bound_deg : float
        At the centre of the docking ring's top face, and of the axis' direction.
    exit_bound_mm : float
        The same carried to the exit's centre, one length of the cone away.
    applicator_ids : tuple of str
        What the collar's code names; empty for edges.
    ring_covariance : (6, 6) or None
        Small rotation (rad) about the ring's centre, then its translation (mm), along the depth
        camera's axes, with all that the bounds hold; None for edges.
    """

    method: Method
    camera_from_applicator: Float
    ring_bound_mm: float
    axis_bound_deg: float
    exit_bound_mm: float
    applicator_ids: tuple[str, ...] = ()
    ring_covariance: Float | None = None

    def __post_init__(self) -> None:
        pose = check_transform("camera_from_applicator", self.camera_from_applicator)
        object.__setattr__(self, "camera_from_applicator", pose)
        if self.ring_covariance is not None:
            covariance = finite_array("ring_covariance", self.ring_covariance, (6, 6))
            object.__setattr__(self, "ring_covariance", covariance)


@dataclass(frozen=True)
class SecondOpinion:
    """How far the second estimate is from the registration, and the 99 % bounds of either.

    Attributes
    ----------
    distance_mm, angle_deg : float or None
        Between the two ring centres, and between the two axes.
    ring_bound_mm, axis_bound_deg : float or None
        Of the second estimate.
    first_ring_bound_mm, first_axis_bound_deg : float or None
        Of the registration.
    applicator_ids : tuple of str
        What the collar's code names, whether or not the poses could be compared.
    """

    status: Status
    distance_mm: float | None = None
    angle_deg: float | None = None
    ring_bound_mm: float | None = None
    axis_bound_deg: float | None = None
    first_ring_bound_mm: float | None = None
    first_axis_bound_deg: float | None = None
    applicator_ids: tuple[str, ...] = ()


NO_OPINION = SecondOpinion(Status.NONE)


def compare(
    second: SecondEstimate | None, registration: Registration, applicator: Applicator
) -> SecondOpinion:
    """Compare a second estimate with the registration, at the ring.

    `second` None: nothing was seen of it. Where the registration cannot tell the slide along
    the axis, only what lies across the axis is compared.
    """
    if second is None:
        return SecondOpinion(Status.NOT_SEEN)
    covariance = registration.covariance
    if covariance is None:
        return SecondOpinion(
            Status.NONE,
            ring_bound_mm=second.ring_bound_mm,
            axis_bound_deg=second.axis_bound_deg,
            applicator_ids=second.applicator_ids,
        )
    pose = second.camera_from_applicator
    top = transform_points(pose, np.array([0.0, 0.0, applicator.length_mm]))
    apart = top - ring_centre_camera_mm(applicator, registration)
    motion = ring_motion(applicator, registration)
    ring_cov = motion @ covariance @ motion.T + np.eye(3) * MODEL_SIGMA_MM**2
    axis = registration.axis_camera
    n_axes = 3
    if not registration.axial_observable:
        across = np.eye(3) - np.outer(axis, axis)
        apart, ring_cov, n_axes = across @ apart, across @ ring_cov @ across, 2
    return SecondOpinion(
        Status.MADE,
        distance_mm=float(np.linalg.norm(apart)),
        angle_deg=angle_between_deg(pose[:3, 2], axis),
        ring_bound_mm=second.ring_bound_mm,
        axis_bound_deg=second.axis_bound_deg,
        first_ring_bound_mm=CHI_99[n_axes] * largest_sigma(ring_cov),
        first_axis_bound_deg=CHI_99[2] * float(registration.axis_sigma_deg or 0.0),
        applicator_ids=second.applicator_ids,
    )
