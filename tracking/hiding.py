"""What hides the applicator without being labelled as an occluder: tissue nearer than its edge.

Where the wall of a deep bed stands before the cone, the label image ends at that wall and not at
the cone's rim. Such background is in the way, whatever its label.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.applicator_pixels import bounding_box
from tracking.arrays import UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.segmentation import Label, Segmentation

REACH_PX = 3  # across an outline: what stereo smears
BEYOND_MM = 1e5  # no depth: OpenCV's border is finite
HIDES_MM, HIDES_SIGMA = 5.0, 4.0  # a bed at 60 deg rises by 2 mm a pixel at 0.55 m


def with_hiding_background(
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> UInt8:
    """The labels, with background nearer than the applicator beside it as OCCLUDER."""
    box = bounding_box(segmentation.applicator_mask, REACH_PX)
    if box is None:
        return segmentation.labels
    labels, depth = segmentation.labels[box], depth_mm[box]
    applicator = labels == Label.APPLICATOR
    far = np.float32(np.inf)
    kernel = np.ones((2 * REACH_PX + 1,) * 2, np.uint8)
    cone = cv2.erode(np.where(applicator & (depth > 0), depth, far), kernel)
    sigma_mm = noise.sigma_mm(depth, intrinsics.fx).astype(np.float32)
    is_nearer = depth + HIDES_MM + np.float32(HIDES_SIGMA) * sigma_mm < cone
    hides = is_nearer & (cone < BEYOND_MM) & (depth > 0) & ~applicator
    if not hides.any():
        return segmentation.labels
    told = segmentation.labels.copy()
    told[box][hides] = Label.OCCLUDER
    return told
