"""How far a mask's outline lies from the true one."""

from __future__ import annotations

import cv2
import numpy as np

from tracking.arrays import Bool

REACH_PX = 4  # farther off than this is another thing's outline, not this one's offset


def outline_offset_px(truth: Bool, mask: Bool) -> float:
    """Mean distance by which the mask's outline lies outside (+) or inside (-) the truth's.

    Area difference within `REACH_PX` of the true outline, divided by that outline's length.
    The image's border is no outline: what lies beyond it is neither inside nor outside.

    Parameters
    ----------
    truth, mask : bool (height, width)
        `truth` not empty.
    """
    size = 2 * REACH_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    binary = truth.astype(np.uint8)
    inner = cv2.erode(binary, np.ones((3, 3), np.uint8), borderValue=1)
    length = float((binary - inner).sum())
    grown, shrunk = cv2.dilate(binary, kernel), cv2.erode(binary, kernel, borderValue=1)
    band = np.asarray(grown != shrunk)
    return float((int(mask[band].sum()) - int(truth[band].sum())) / max(length, 1.0))
