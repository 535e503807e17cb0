"""The second estimate of one frame, from its picture to its comparison with the registration.

The registration is used twice and cannot be confirmed by it: to say where in the picture to look,
and to be compared. A collar that is elsewhere is not seen, which never confirms either.

Fails to: nothing to compare, or not seen.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import frozen
from tracking.collar_estimate import collar_dictionary, estimate_from_collar, worn_ids
from tracking.collar_marks import MIN_READ_PX, find_markers
from tracking.frame import RgbdFrame, SourceFrame
from tracking.picture import ColorPicture
from tracking.registration import Registration
from tracking.ring_edges import estimate_from_edges
from tracking.second_estimate import (
    NO_OPINION,
    SecondEstimate,
    SecondOpinion,
    Status,
    compare,
)
from tracking.transforms import invert, transform_points

MARGIN_SHARE = 0.5  # of the ring's width in the picture, to every side of where it should be
N_RIM = 24


def second_opinion(
    source_frame: SourceFrame,
    registration: Registration,
    applicator: Applicator,
    catalogue: Mapping[str, Applicator],
    *,
    with_edges: bool = False,
) -> SecondOpinion:
    """Read the collar in the frame's picture and compare its pose with the registration.

    NONE where the planned applicator has no collar in the catalogue and none is seen, or where no
    picture is fine enough to read one. `with_edges`: a cone without a collar has its ring's edges
    fitted instead, in the colour camera's own picture; colour in the depth grid went through the
    depth, so its edges would not fail differently.
    """
    if with_edges and applicator.collar is None:
        return _edges_opinion(source_frame.picture, registration, applicator)
    dictionary = collar_dictionary(catalogue)
    if dictionary is None:
        return NO_OPINION
    if not _is_fine_enough(source_frame, registration, applicator, catalogue):
        return NO_OPINION
    picture = picture_of(source_frame)
    if picture is None:
        return NO_OPINION
    markers = find_markers(picture, dictionary, _window(picture, registration, applicator))
    second = estimate_from_collar(picture, markers, catalogue, applicator)
    if second is not None:
        return compare(second, registration, applicator)
    status = Status.NOT_SEEN if applicator.collar is not None else Status.NONE
    return SecondOpinion(status, applicator_ids=worn_ids(markers, catalogue))


def seen_collar(
    source_frame: SourceFrame,
    near: Registration | None,
    applicator: Applicator,
    catalogue: Mapping[str, Applicator],
) -> SecondEstimate | None:
    """The planned applicator's own collar, where its codes and no other's are in the picture.

    It is looked for around the pose of `near`, then everywhere. Only in the colour camera's own
    picture: colour in the depth grid went through the depth.
    """
    dictionary, picture = collar_dictionary(catalogue), source_frame.picture
    if dictionary is None or picture is None:
        return None
    window = None if near is None else _window(picture, near, applicator)
    for part in (None,) if window is None else (window, None):
        markers = find_markers(picture, dictionary, part)
        found = estimate_from_collar(picture, markers, catalogue, applicator)
        if found is not None:
            return found if found.applicator_ids == (applicator.id,) else None
    return None


def _edges_opinion(
    picture: ColorPicture | None, registration: Registration, applicator: Applicator
) -> SecondOpinion:
    pose = registration.camera_from_applicator
    if picture is None or pose is None:
        return NO_OPINION
    second = estimate_from_edges(picture, applicator, pose)
    return NO_OPINION if second is None else compare(second, registration, applicator)


def picture_of(source_frame: SourceFrame) -> ColorPicture | None:
    """The colour camera's own picture, else the colour in the depth grid, else None."""
    if source_frame.picture is not None:
        return source_frame.picture
    return _depth_grid_picture(source_frame.frame)


def _depth_grid_picture(frame: RgbdFrame) -> ColorPicture | None:
    if frame.color_rgb is None:
        return None
    grey = np.asarray(cv2.cvtColor(frame.color_rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return ColorPicture(frozen(grey), frame.intrinsics, np.eye(4))


def _is_fine_enough(
    source_frame: SourceFrame,
    registration: Registration,
    applicator: Applicator,
    catalogue: Mapping[str, Applicator],
) -> bool:
    """Whether a module is wide enough to be read in the picture, where the ring is said to be.

    Told before colour in the depth grid is made a picture.
    """
    pose = registration.camera_from_applicator
    if pose is None:  # nowhere to look: what is read is read
        return True
    collars = [a.collar for a in catalogue.values() if a.collar is not None]
    widest_mm = max(max(collar.module_mm, collar.top_module_mm) for collar in collars)
    intrinsics, color_from_applicator = source_frame.frame.intrinsics, pose
    if source_frame.picture is not None:
        intrinsics = source_frame.picture.intrinsics
        color_from_applicator = invert(source_frame.picture.camera_from_color) @ pose
    top = transform_points(color_from_applicator, np.array([0.0, 0.0, applicator.length_mm]))
    return bool(top[2] > 0 and intrinsics.fx * widest_mm / top[2] >= MIN_READ_PX)


def _window(
    picture: ColorPicture, registration: Registration, applicator: Applicator
) -> tuple[slice, slice] | None:
    """Rows and columns of `grey` around the ring; None: everywhere, where there is no pose."""
    pose = registration.camera_from_applicator
    if pose is None:
        return None
    radius = max(applicator.ring_diameter_mm / 2, applicator.outer_radius_mm)
    angle = np.arange(N_RIM) * (2 * np.pi / N_RIM)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    heights = (applicator.length_mm, applicator.length_mm - radius)
    rims = [np.stack([x, y, np.full_like(x, z)], axis=1) for z in heights]
    points = transform_points(invert(picture.camera_from_color) @ pose, np.concatenate(rims))
    if points[:, 2].min() <= 0:
        return None
    uv = picture.project(points) - picture.corner_px
    low, high = uv.min(axis=0), uv.max(axis=0)
    margin = MARGIN_SHARE * float((high - low).max())
    height, width = picture.grey.shape
    rows, columns = (
        slice(int(np.clip(a - margin, 0, size)), int(np.clip(b + margin + 1, 0, size)))
        for a, b, size in zip(low[::-1], high[::-1], (height, width), strict=True)
    )
    return rows, columns
