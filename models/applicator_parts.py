"""Which of the pixels that a network calls applicator are believed to be one.

Judged part by part: a doubtful patch elsewhere in the image does not silence a cone that is
plainly there, and a sure cone does not vouch for the patch.

Fails to: no applicator (the frame is then UNSURE).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.labelling import ENOUGH_PIXELS, part_probabilities
from models.manifest import Thresholds
from tracking.arrays import Bool, UInt8
from tracking.kernels import square
from tracking.segmentation import Label

REFUSED_LOGIT = -50.0  # no other class is less likely
REACH_PX = 3  # around a refused part: enlarging mixes neighbours


def without_doubtful_parts(
    logits: NDArray[np.float32], labels: UInt8, thresholds: Thresholds
) -> NDArray[np.float32]:
    """Logits in which no doubtful part is an applicator; the same array where there is none.

    A part is a connected region, judged by evenly chosen pixels. It is doubtful where its mean
    probability is too low; all of them are where the rest is too small together.

    Parameters
    ----------
    logits : (n_classes, h, w)
        On the part of the canvas that shows the image.
    labels : (h, w)
        Their winners.
    """
    called = labels == Label.APPLICATOR.value
    n_called = int(np.count_nonzero(called))
    if n_called == 0:
        return logits
    n_parts, parts = cv2.connectedComponents(called.view(np.uint8), connectivity=8)
    mean, n_pixels = part_probabilities(
        logits, np.asarray(parts).view(np.uint32), n_parts, 1 + n_called // ENOUGH_PIXELS
    )
    is_sure = mean >= thresholds.applicator_min_confidence
    is_sure[0] = False  # what is called something else
    if n_pixels[is_sure].sum() / called.size < thresholds.applicator_min_fraction:
        is_sure[:] = False
    return logits if is_sure[1:].all() else _refused(logits, called, is_sure[parts])


def _refused(logits: NDArray[np.float32], called: Bool, believed: Bool) -> NDArray[np.float32]:
    reach = square(REACH_PX)
    refused = cv2.dilate((called & ~believed).view(np.uint8), reach).astype(np.bool_) & ~believed
    result = logits.copy()
    result[Label.APPLICATOR][refused] = REFUSED_LOGIT
    return result
