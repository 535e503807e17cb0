"""Can the applicator be measured at all? Missing or false depth is told before a pose is sought.

A clear, shiny or smeared surface gives holes, the depth of what lies behind it, or depth that
jumps about. Each pixel inside the applicator's outline is one of these, or believable; a view
whose believable share is too small is refused. Foot, edges and a few holes of a sound cone take
pixels too, so the share decides, never a single pixel. Arrays only: no model, no pose.

Fails to: a status. Never an exception for what a camera can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, tan

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_inside import BROKEN, level_and_broken, measured_inside, row_ends, thinned
from tracking.depth_noise import DepthNoise
from tracking.extent import Box, bounding_box, with_margin
from tracking.kernels import square
from tracking.pixel_choice import depth_range
from tracking.registration import RegistrationStatus
from tracking.segmentation import Label
from tracking.surroundings import fit_surroundings

Image = NDArray[np.float32]

MIN_BELIEVABLE_FRACTION = 0.55  # of the pixels off the outline; sound views keep three quarters
OUTLINE_PX = 2  # stereo matching smears the outline over about two pixels
MIN_INSIDE_PX = 60  # pixels off the outline, below which shares say nothing
STEP_SIGMA = 4.0  # nearer to the surroundings' surface than this: no step towards the camera
MAX_SCATTER = 0.006  # of the distance, 3 mm at 0.5 m: rough ground must not swallow a cone
N_FOR_SHARES = 4000  # more pixels tell a share no better
JUMP_DEG = 82.0  # steeper between neighbours than a surface that a camera can measure
JUMP_SIGMA = 8.0  # range of the noise between neighbours with room to spare
OUTSIDE_PX = 4  # surroundings nearer to the outline carry flying pixels and label errors
NOTABLE_SHARE = 0.9  # of depth; below it, it is asked whether something nearer hides the rest
SHADOW_REACH_PX = 256  # disparity between a cone at 0.5 m and a hand at 0.07 m
SMEAR_PX = 2  # around a shadow the matcher finds nothing either
TOO_NEAR_MM = 70.0  # the nearest that a D4xx measures: an occluder without depth may stand there
SPECK_PX = 4  # gaps in an occluder's depth up to twice as wide are the matcher's
REACH_PX = 24  # how far the surroundings count: a bed 30 mm around a cone at 0.55 m


@dataclass(frozen=True)
class DepthShares:
    """What the depth inside the applicator's outline is, as shares that add up to 1."""

    missing: float
    see_through: float
    broken: float

    @property
    def believable(self) -> float:
        """What is left."""
        return 1.0 - self.missing - self.see_through - self.broken


def unmeasurable(
    mask: Bool,
    depth_mm: Image,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    labels: UInt8,
    box: Box | None = None,
) -> RegistrationStatus | None:
    """DEPTH_MISSING or DEPTH_FALSE where the applicator's depth cannot be believed, else None.

    Parameters
    ----------
    mask : (height, width) bool
        The applicator's pixels.
    labels : (height, width) uint8
        Codes of `Label`: tell the surroundings from occluders.
    box : rows and columns
        The mask's, where they are known.
    """
    shares = depth_shares(mask, depth_mm, intrinsics, noise, labels, box)
    if shares is None or shares.believable >= MIN_BELIEVABLE_FRACTION:
        return None
    if shares.missing >= shares.see_through + shares.broken:
        return RegistrationStatus.DEPTH_MISSING
    return RegistrationStatus.DEPTH_FALSE


def depth_shares(
    mask: Bool,
    depth_mm: Image,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    labels: UInt8,
    box: Box | None = None,
) -> DepthShares | None:
    """Shares of missing and false depth inside the outline; None for a speck."""
    box = box or bounding_box(mask)
    if box is None:
        return None
    box = with_margin(box, REACH_PX)
    crop, depth = mask[box].view(np.uint8), np.ascontiguousarray(depth_mm[box])
    inside = np.asarray(cv2.erode(crop, square(OUTLINE_PX), borderValue=0), np.uint8)
    n_inside, n_measured, distance_mm = measured_inside(inside, depth)
    if n_inside < MIN_INSIDE_PX:
        return None
    if n_measured == 0:
        return DepthShares(1.0, 0.0, 0.0)
    if n_measured < NOTABLE_SHARE * n_inside:
        holes = (inside > 0) & ~(depth > 0)
        n_inside -= int(
            np.count_nonzero(
                holes
                & _shadowed(box, mask, depth_mm, labels, holes, distance_mm, intrinsics, noise)
            )
        )
    sigma = float(noise.sigma_mm(distance_mm, intrinsics.fx)) / distance_mm
    jump = max(2.0 * tan(radians(JUMP_DEG)) / intrinsics.fx, JUMP_SIGMA * sigma)
    stride = 2 if n_inside > N_FOR_SHARES else 1
    mask_thinned = crop[::stride, ::stride].copy()
    near, beside = (
        np.asarray(cv2.dilate(mask_thinned, square(reach // stride)), np.uint8)
        for reach in (REACH_PX, OUTSIDE_PX)
    )
    nearness, inner, around, n_thinned = thinned(
        inside,
        labels[box],
        depth,
        *depth_range(depth),
        near,
        beside,
        stride,
        Label.OCCLUDER.value,
        distance_mm,
        jump / distance_mm,
    )
    n_level, n_broken = _level_and_broken(nearness, inner, around, sigma)
    return DepthShares(
        missing=1.0 - n_measured / n_inside,
        see_through=n_level / n_thinned,
        broken=n_broken / n_thinned,
    )


def _shadowed(
    box: tuple[slice, slice],
    mask: Bool,
    depth_mm: Image,
    labels: UInt8,
    holes: Bool,
    distance_mm: float,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Bool:
    """Where a stereo camera cannot see the applicator beside something nearer: (box) bool.

    Such holes say nothing about the applicator. What is nearer may stand to the box's right; the
    applicator's own near end, or what is left of a clear one, excuses none of its holes. An
    occluder without depth stands nearer than the camera can measure, and casts the longest shadow.
    """
    rows, columns = box
    reached = np.s_[rows, : columns.stop + SHADOW_REACH_PX]  # columns count from the image's edge
    own = cv2.dilate(mask[reached].astype(np.uint8), square(OUTLINE_PX)) > 0
    depth = depth_mm[reached]
    known = np.where((depth > 0) & ~own, depth, np.float32(np.inf))
    known[_too_near(labels, depth_mm)[reached]] = TOO_NEAR_MM
    known[:, columns][holes] = distance_mm
    hidden = holes & noise.hidden(known, intrinsics.fx)[:, columns]
    return cv2.dilate(hidden.astype(np.uint8), square(SMEAR_PX)) > 0


def _too_near(labels: UInt8, depth_mm: Image) -> Bool:
    """Occluders without depth that reach in from outside the image.

    What stands nearer than the camera measures is held by somebody; a clear thing that stands
    in the field has no depth either, but casts no such shadow.
    """
    depthless = ((labels == Label.OCCLUDER.value) & (depth_mm <= 0)).astype(np.uint8)
    solid = cv2.morphologyEx(depthless, cv2.MORPH_OPEN, square(SPECK_PX))
    _, parts = cv2.connectedComponents(solid)
    numbers = np.asarray(parts)
    edges = (numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1])
    reaching = np.unique(np.concatenate(edges))
    found: Bool = np.isin(numbers, reaching[reaching > 0])
    return found


def _level_and_broken(nearness: Image, inner: UInt8, around: Bool, sigma: float) -> tuple[int, int]:
    """Pixels where the depth continues the surroundings' surface or lies behind it; broken ones.

    Only among the surroundings: a surface that is continued beyond them may turn anywhere.
    """
    surroundings = fit_surroundings(nearness, around)
    if surroundings is None:
        return 0, int(np.count_nonzero(inner == BROKEN))
    tolerance = STEP_SIGMA * max(sigma, min(surroundings.scatter, MAX_SCATTER))
    surface = surroundings.nearness(nearness.shape)
    return level_and_broken(inner, nearness, surface, _enclosed(around), tolerance)


def _enclosed(region: Bool) -> UInt8:
    """1 in the convex hull of a region's pixels."""
    hull = cv2.convexHull(row_ends(region).astype(np.int32))
    enclosed = cv2.fillConvexPoly(np.zeros(region.shape, np.uint8), hull, 1)
    return np.asarray(enclosed, np.uint8)
