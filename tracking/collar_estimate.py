"""A collar in a picture as a second estimate of the cone's pose, with bounds that hold.

To what the edges leave open comes what no picture shows: where a person fastened the paper, and
how well the colour camera is calibrated (`picture_error`).

Fails to: no estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tracking.applicator import MODEL_SIGMA_MM, Applicator
from tracking.arrays import Float
from tracking.collar_codes import Dictionary
from tracking.collar_marks import SeenMarker
from tracking.collar_pose import MIN_MARKERS, CollarPose, fit_collar
from tracking.docking import skew
from tracking.picture import ColorPicture
from tracking.picture_error import calibration_covariance
from tracking.second_estimate import CHI_99, SecondEstimate
from tracking.sigmas import largest_sigma
from tracking.transforms import blockwise, transform_points


def collar_dictionary(applicators: Mapping[str, Applicator]) -> Dictionary | None:
    """The one dictionary of a catalogue's collars, None where it has none."""
    return next((a.collar.dictionary for a in applicators.values() if a.collar is not None), None)


def worn_ids(
    markers: Sequence[SeenMarker], applicators: Mapping[str, Applicator]
) -> tuple[str, ...]:
    """Applicators of which at least two codes were read, in the catalogue's order."""
    seen = {m.marker_id for m in markers}
    return tuple(
        name
        for name, a in applicators.items()
        if a.collar is not None and len(seen.intersection(a.collar.ids)) >= MIN_MARKERS
    )


def estimate_from_collar(
    picture: ColorPicture,
    markers: Sequence[SeenMarker],
    applicators: Mapping[str, Applicator],
    applicator: Applicator,
) -> SecondEstimate | None:
    """The pose of the collar that is seen: the planned applicator's where its codes are there."""
    worn = worn_ids(markers, applicators)
    if not worn:
        return None
    wearer = applicator if applicator.id in worn else applicators[worn[0]]
    if wearer.collar is None:
        return None
    pivot = np.array([0.0, 0.0, wearer.length_mm])
    found = fit_collar(picture, markers, wearer.collar, wearer.collar_seat, pivot)
    return None if found is None else _bounded(found, picture, wearer, worn)


def _bounded(
    found: CollarPose, picture: ColorPicture, wearer: Applicator, worn: tuple[str, ...]
) -> SecondEstimate:
    """The pose in the depth camera's space with the 99 % bounds of ring, axis and exit."""
    covariance = found.covariance + _unseen(found, wearer)
    axis = found.color_from_applicator[:3, 2]
    across = np.eye(3) - np.outer(axis, axis)
    axis_cov = across @ covariance[:3, :3] @ across
    to_exit = np.concatenate([skew(wearer.length_mm * axis), np.eye(3)], axis=1)
    axes = blockwise(picture.camera_from_color[:3, :3])
    exit_cov = to_exit @ covariance @ to_exit.T
    return SecondEstimate(
        "collar",
        picture.camera_from_color @ found.color_from_applicator,
        ring_bound_mm=CHI_99[3] * largest_sigma(covariance[3:, 3:]),
        axis_bound_deg=float(np.degrees(CHI_99[2] * largest_sigma(axis_cov))),
        exit_bound_mm=CHI_99[3] * largest_sigma(exit_cov),
        applicator_ids=worn,
        ring_covariance=axes @ covariance @ axes.T,
    )


def _unseen(found: CollarPose, wearer: Applicator) -> Float:
    """Covariance (6, 6) of paper and calibration, about the ring's centre, colour camera's axes."""
    if wearer.collar is None:
        raise ValueError(f"{wearer.id} wears no collar")
    placement_mm = wearer.collar.placement_sigma_mm
    unseen = calibration_covariance(transform_points(found.color_from_applicator, found.pivot_mm))
    unseen[:3, :3] += np.eye(3) * (placement_mm / wearer.collar_seat.radius_mm) ** 2
    unseen[3:, 3:] += np.eye(3) * (placement_mm**2 + MODEL_SIGMA_MM**2)
    return unseen
