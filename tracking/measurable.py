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

from tracking.applicator_pixels import bounding_box, depth_range
from tracking.arrays import Bool, UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.kernels import square
from tracking.registration import RegistrationStatus
from tracking.robust import median
from tracking.segmentation import Label
from tracking.surroundings import fit_surroundings

Image = NDArray[np.float32]

MIN_BELIEVABLE_FRACTION = 0.55  # of the pixels off the outline; sound views keep three quarters
OUTLINE_PX = 2  # stereo matching smears the outline over about two pixels
MIN_INSIDE_PX = 60  # pixels off the outline, below which shares say nothing
STEP_SIGMA = 4.0  # nearer to the surroundings' surface than this: no step towards the camera
MAX_SCATTER = 0.006  # of the distance, 3 mm at 0.5 m: rough ground must not swallow a cone
N_FOR_DISTANCE, N_FOR_SHARES = 500, 4000  # more pixels tell a share no better
NEAREST_MM = np.float32(1.0)  # no camera measures nearer
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
    mask: Bool, depth_mm: Image, intrinsics: CameraIntrinsics, noise: DepthNoise, labels: UInt8
) -> RegistrationStatus | None:
    """DEPTH_MISSING or DEPTH_FALSE where the applicator's depth cannot be believed, else None.

    Parameters
    ----------
    mask : (height, width) bool
        The applicator's pixels.
    labels : (height, width) uint8
        Codes of `Label`: tell the surroundings from occluders.
    """
    shares = depth_shares(mask, depth_mm, intrinsics, noise, labels)
    if shares is None or shares.believable >= MIN_BELIEVABLE_FRACTION:
        return None
    if shares.missing >= shares.see_through + shares.broken:
        return RegistrationStatus.DEPTH_MISSING
    return RegistrationStatus.DEPTH_FALSE


def depth_shares(
    mask: Bool, depth_mm: Image, intrinsics: CameraIntrinsics, noise: DepthNoise, labels: UInt8
) -> DepthShares | None:
    """Shares of missing and false depth inside the outline; None for a speck."""
    box = bounding_box(mask, REACH_PX)
    if box is None:
        return None
    crop, depth = mask[box].view(np.uint8), depth_mm[box]
    inside = cv2.erode(crop, square(OUTLINE_PX), borderValue=0) > 0
    n_inside = int(np.count_nonzero(inside))
    if n_inside < MIN_INSIDE_PX:
        return None
    has_depth = depth > 0
    measured = inside & has_depth
    n_measured = int(np.count_nonzero(measured))
    if n_measured == 0:
        return DepthShares(1.0, 0.0, 0.0)
    distance_mm = median(depth[measured][:: 1 + n_measured // N_FOR_DISTANCE])
    if n_measured < NOTABLE_SHARE * n_inside:
        holes = inside & ~has_depth
        n_inside -= int(
            np.count_nonzero(
                holes
                & _shadowed(box, mask, depth_mm, labels, holes, distance_mm, intrinsics, noise)
            )
        )
    sigma = float(noise.sigma_mm(distance_mm, intrinsics.fx)) / distance_mm
    jump = max(2.0 * tan(radians(JUMP_DEG)) / intrinsics.fx, JUMP_SIGMA * sigma)
    stride = 2 if n_inside > N_FOR_SHARES else 1
    thinned = np.s_[::stride, ::stride]
    thin_measured, thin_depth = measured[thinned].copy(), depth[thinned].copy()
    nearness = np.divide(
        np.float32(distance_mm), thin_depth, out=np.zeros_like(thin_depth), where=thin_depth > 0
    )
    inverse_range = _inverse_range_per_mm(depth, thinned)
    broken = thin_measured & (inverse_range >= np.float32(jump / distance_mm))
    thin_mask = np.ascontiguousarray(crop[thinned])
    around = _around(thin_mask, labels[box][thinned], nearness, stride)
    no_step = thin_measured & _has_no_step(around, nearness, sigma)
    n_thinned = int(np.count_nonzero(inside[thinned]))
    return DepthShares(
        missing=1.0 - n_measured / n_inside,
        see_through=int(np.count_nonzero(no_step)) / n_thinned,
        broken=int(np.count_nonzero(broken & ~no_step)) / n_thinned,
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


def _around(mask: UInt8, codes: UInt8, nearness: Image, stride_px: int) -> Bool:
    """What surrounds the applicator and is measured, occluders left out."""
    near = cv2.dilate(mask, square(REACH_PX // stride_px)) > 0
    clear = cv2.dilate(mask, square(OUTSIDE_PX // stride_px)) == 0
    around: Bool = near & clear & (codes != Label.OCCLUDER.value) & (nearness > 0)
    return around


def _has_no_step(around: Bool, nearness: Image, sigma: float) -> Bool:
    """Pixels where the depth continues the surroundings' surface, or lies behind it.

    Only among the surroundings: a surface that is continued beyond them may turn anywhere.
    """
    surroundings = fit_surroundings(nearness, around)
    if surroundings is None:
        return np.zeros(nearness.shape, bool)
    tolerance = STEP_SIGMA * max(sigma, min(surroundings.scatter, MAX_SCATTER))
    is_level: Bool = nearness < surroundings.nearness(nearness.shape) + np.float32(tolerance)
    return is_level & _enclosed(around)


def _enclosed(region: Bool) -> Bool:
    """The convex hull of a region's pixels."""
    rows = np.flatnonzero(region.any(axis=1))
    first = region[rows].argmax(axis=1)
    last = region.shape[1] - 1 - region[rows, ::-1].argmax(axis=1)  # these hold every corner
    ends = np.concatenate([np.stack([first, rows], axis=1), np.stack([last, rows], axis=1)])
    hull = cv2.convexHull(ends.astype(np.int32))
    filled = cv2.fillConvexPoly(np.zeros(region.shape, np.uint8), hull, 1)
    enclosed: Bool = filled > 0
    return enclosed


def _inverse_range_per_mm(depth_mm: Image, thinned: tuple[slice, slice]) -> Image:
    """How far 1 / z ranges among a pixel and its neighbours, at some of the pixels with depth.

    Few of a sound cone's pixels jump to a neighbour, most of a patchwork's.
    """
    nearest, farthest = (image[thinned] for image in depth_range(depth_mm))
    inverse_range = 1 / nearest - 1 / np.maximum(farthest, NEAREST_MM)
    return inverse_range.astype(np.float32, copy=False)
