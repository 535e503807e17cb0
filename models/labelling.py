"""From the network's logits on the canvas to a label image in the depth grid."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from tracking.arrays import UInt8
from tracking.segmentation import Label

PROPOSED = (Label.TUMOR_BED, Label.APPLICATOR)  # the classes that geometry is measured on


def label_image(logits: NDArray[np.float32], letterbox: Letterbox) -> UInt8:
    """Interpolate every class to the depth grid, then let the largest win.

    Classes are compared after interpolation: the border between two of them is then the
    zero of a bilinear function, unbiased to a fraction of a pixel, where an enlarged label
    image would have steps. Ties go to the lower code.

    Parameters
    ----------
    logits : (n_classes, *canvas)
    """
    best = letterbox.restore(logits[0])
    labels = np.zeros(letterbox.source, np.uint8)
    for code in range(1, logits.shape[0]):
        plane = letterbox.restore(logits[code])
        wins = cv2.compare(plane, best, cv2.CMP_GT)
        labels[wins.view(np.bool_)] = code  # 0 and 255: any non-zero byte is true
        cv2.max(best, plane, dst=best)
    return labels


def winning_probability(logits: NDArray[np.float32]) -> tuple[UInt8, NDArray[np.float32]]:
    """Winner and its softmax probability at every pixel of `logits` (n_classes, h, w)."""
    winners = np.argmax(logits, axis=0).astype(np.uint8)
    top = logits.max(axis=0)
    probability: NDArray[np.float32] = 1 / np.exp(logits - top).sum(axis=0)
    return winners, probability
