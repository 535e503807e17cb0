"""What hides the applicator without being labelled as an occluder.

Foreign labels tell the applicator only, and the wall of a deep bed may stand before the cone:
the label image then ends where the cone is hidden, and not where it ends. Background that is
nearer than the applicator beside it, and what hangs together with it in depth, is in the way,
whatever its label.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8, frozen
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.extent import bounding_box, with_margin
from tracking.kernels import square
from tracking.nearer_beside import (
    HIDES_MM,
    applicator_depth,
    candidates_at_holes,
    candidates_before,
)
from tracking.segmentation import Label, Segmentation

REACH_PX = 3  # across an outline: what stereo smears
HIDES_SIGMA = 4.0  # and `HIDES_MM`
MIN_HOLES = 0.02  # of the applicator's pixels
HOLE_REACH_PX = 24
THING_STEP = 0.02  # of the depth, within 3x3 px: a slab at 75 deg does not part
STEP_AT_MM = 500.0  # where the noise is taken for it
MAX_SURROUNDED = 0.8  # of the background beside the applicator
MIN_SEEDS_PX = 20  # of a thing along the outline: fewer are strays


def with_hiding_background(
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Segmentation:
    """The segmentation, with background that hides the applicator as OCCLUDER."""
    if segmentation.applicator_box is None:
        return segmentation
    box = with_margin(segmentation.applicator_box, REACH_PX)
    near, depth = segmentation.labels[box], depth_mm[box]
    thin_near, thin_depth = near[::2, ::2].copy(), depth[::2, ::2].copy()
    thinned = _nearer_beside(thin_near, thin_depth, intrinsics.fx, noise)
    if 4 * np.count_nonzero(thinned) < MIN_SEEDS_PX:  # a quarter of the pixels tells as much
        return segmentation
    seeds = _nearer_beside(near, depth, intrinsics.fx, noise)
    around = cv2.dilate((near == Label.APPLICATOR.value).astype(np.uint8), square(REACH_PX)) > 0
    n_around = np.count_nonzero(around & (near != Label.APPLICATOR.value) & (depth > 0))
    if np.count_nonzero(seeds) > MAX_SURROUNDED * n_around:
        return segmentation  # seen through a hole, or false: nothing stands behind the applicator
    labels = segmentation.labels.copy()
    labels[box][seeds] = Label.OCCLUDER
    if int(np.count_nonzero(seeds)) >= MIN_SEEDS_PX:
        things = _things(segmentation.labels, depth_mm, intrinsics.fx, noise)
        beside = cv2.dilate(things[box].astype(np.float32), square(REACH_PX))
        n_seeds = np.bincount(beside[seeds].astype(np.int32), minlength=int(things.max()) + 1)
        hides = n_seeds >= MIN_SEEDS_PX
        hides[0] = False  # no thing: steps in depth, and no depth
        labels[np.isin(things, np.flatnonzero(hides))] = Label.OCCLUDER
    return replace(segmentation, labels=frozen(labels))


def _nearer_beside(
    labels: UInt8, depth_mm: NDArray[np.float32], fx: float, noise: DepthNoise
) -> Bool:
    """Background beside the applicator that is nearer than every applicator pixel around.

    A nearer thing's shadow leaves holes in the applicator beside it: then one looks further.
    """
    measured, holes, n_applicator, n_holes = applicator_depth(labels, depth_mm)
    cone = np.asarray(cv2.erode(measured, square(REACH_PX)), np.float32)
    background, candidates = candidates_before(labels, depth_mm, cone)
    if n_holes > MIN_HOLES * n_applicator:
        farther = np.asarray(cv2.erode(measured, square(HOLE_REACH_PX)), np.float32)
        at_holes = np.asarray(cv2.dilate(holes, square(REACH_PX)), np.uint8)
        candidates, cone = candidates_at_holes(
            candidates, background, depth_mm, cone, farther, at_holes
        )
    box = bounding_box(candidates, REACH_PX + 1)  # as far as a slope looks around
    if box is None:
        return candidates
    chosen, nearby = candidates[box], depth_mm[box]
    depth = nearby[chosen]
    margin_mm = HIDES_MM + HIDES_SIGMA * noise.sigma_mm(depth, fx)
    margin_mm += 2 * REACH_PX * _slope_mm_per_px(background[box], nearby)[chosen]
    chosen[chosen] = depth + margin_mm < cone[box][chosen]
    return candidates


def _slope_mm_per_px(background: Bool, depth_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """How fast the background's own depth changes: a bed that is seen flat comes near quickly.

    The least around each pixel: the smeared edge of a thing is no slope.
    """
    far = np.float32(np.inf)
    nearest = cv2.erode(np.where(background, depth_mm, far), square(1))
    farthest = cv2.dilate(np.where(background, depth_mm, np.float32(0)), square(1))
    slope = np.where(background, (farthest - nearest) / 2, far)
    least = cv2.erode(slope, square(REACH_PX))
    return np.where(least < far, least, np.float32(0))


def _things(
    labels: UInt8, depth_mm: NDArray[np.float32], fx: float, noise: DepthNoise
) -> NDArray[np.int32]:
    """Number of the connected thing without a step in depth that a background pixel belongs to."""
    has_depth = depth_mm > 0
    nearest = cv2.erode(np.where(has_depth, depth_mm, np.float32(np.inf)), square(1))
    range_mm = cv2.dilate(depth_mm, square(1)) - np.where(has_depth, nearest, np.float32(0))
    sigma = np.float32(noise.sigma_mm(STEP_AT_MM, fx) / STEP_AT_MM)
    is_whole = range_mm < np.float32(THING_STEP + HIDES_SIGMA * sigma) * depth_mm
    is_smooth = (labels != Label.APPLICATOR.value) & has_depth & is_whole
    things: NDArray[np.int32] = np.zeros(labels.shape, np.int32)
    cv2.connectedComponents(is_smooth.astype(np.uint8), things, connectivity=4)
    return things
