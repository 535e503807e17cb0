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

from tracking.applicator_pixels import bounding_box
from tracking.arrays import Bool, UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.segmentation import Label, Segmentation

REACH_PX = 3  # across an outline: what stereo smears
BEYOND_MM = 1e5  # no depth: OpenCV's border is finite
HIDES_MM, HIDES_SIGMA = 5.0, 4.0  # a bed at 60 deg rises by 2 mm a pixel at 0.55 m
MIN_HOLES = 0.02  # of the applicator's pixels
HOLE_REACH_PX = 24
MIN_SEEDS_PX = 20  # of a thing along the outline: fewer are strays


def with_hiding_background(
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Segmentation:
    """The segmentation, with background that hides the applicator as OCCLUDER."""
    box = bounding_box(segmentation.applicator_mask, REACH_PX)
    if box is None:
        return segmentation
    near, depth = segmentation.labels[box], depth_mm[box]
    thinned = _nearer_beside(near[::2, ::2], depth[::2, ::2], intrinsics.fx, noise)
    if 4 * np.count_nonzero(thinned) < MIN_SEEDS_PX:  # a quarter of the pixels tells as much
        return segmentation
    seeds = _nearer_beside(near, depth, intrinsics.fx, noise)
    labels = segmentation.labels.copy()
    labels[box][seeds] = Label.OCCLUDER
    if int(np.count_nonzero(seeds)) >= MIN_SEEDS_PX:
        things = _things(segmentation.labels, depth_mm, intrinsics.fx, noise)
        beside = cv2.dilate(things[box].astype(np.float32), _square(REACH_PX))
        n_seeds = np.bincount(beside[seeds].astype(np.int32), minlength=int(things.max()) + 1)
        hides = n_seeds >= MIN_SEEDS_PX
        hides[0] = False  # no thing: steps in depth, and no depth
        labels[np.isin(things, np.flatnonzero(hides))] = Label.OCCLUDER
    return replace(segmentation, labels=labels)


def _nearer_beside(
    labels: UInt8, depth_mm: NDArray[np.float32], fx: float, noise: DepthNoise
) -> Bool:
    """Background beside the applicator that is nearer than every applicator pixel around.

    A nearer thing's shadow leaves holes in the applicator beside it: then one looks further.
    """
    applicator = labels == Label.APPLICATOR
    has_depth = depth_mm > 0
    measured = np.where(applicator & has_depth, depth_mm, np.float32(np.inf))
    cone = cv2.erode(measured, _square(REACH_PX))
    beside = (labels != Label.APPLICATOR) & (labels != Label.OCCLUDER) & has_depth
    candidates: Bool = beside & (depth_mm + np.float32(HIDES_MM) < cone) & (cone < BEYOND_MM)
    holes = applicator & ~has_depth
    if np.count_nonzero(holes) > MIN_HOLES * np.count_nonzero(applicator):
        nearest = cv2.erode(measured, _square(HOLE_REACH_PX))
        nearest = np.where(nearest < BEYOND_MM, nearest, measured.min())
        at_holes = cv2.dilate(holes.astype(np.uint8), _square(REACH_PX)) > 0
        cone = np.where(at_holes, nearest, cone)
        candidates |= beside & at_holes & (depth_mm + np.float32(HIDES_MM) < cone)
    depth = depth_mm[candidates]
    sigma_mm = noise.sigma_mm(depth, fx)
    candidates[candidates] = depth + HIDES_MM + HIDES_SIGMA * sigma_mm < cone[candidates]
    return candidates


def _things(
    labels: UInt8, depth_mm: NDArray[np.float32], fx: float, noise: DepthNoise
) -> NDArray[np.int32]:
    """Number of the connected thing without a step in depth that a background pixel belongs to."""
    nearest = cv2.erode(np.where(depth_mm > 0, depth_mm, np.float32(np.inf)), _square(1))
    is_step = noise.is_step(nearest, cv2.dilate(depth_mm, _square(1)), fx)
    is_smooth = (labels != Label.APPLICATOR) & (depth_mm > 0) & ~is_step
    things: NDArray[np.int32] = np.zeros(labels.shape, np.int32)
    cv2.connectedComponents(is_smooth.astype(np.uint8), things, connectivity=4)
    return things


def _square(reach_px: int) -> UInt8:
    return np.ones((2 * reach_px + 1,) * 2, np.uint8)
