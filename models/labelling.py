"""From the network's logits on the canvas to a label image in the depth grid."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from tracking.arrays import Bool, UInt8


def label_image(logits: NDArray[np.float32], letterbox: Letterbox) -> UInt8:
    """Interpolate every class to the depth grid, then let the largest win.

    Classes are compared after interpolation: the border between two of them is then the
    zero of a bilinear function, unbiased to a fraction of a pixel, where an enlarged label
    image would have steps.

    Parameters
    ----------
    logits : (n_classes, *canvas)
    """
    return winners(letterbox.restore(plane) for plane in logits)


def winners(planes: Iterable[NDArray[np.float32]]) -> UInt8:
    """Index of the largest of the planes at every pixel; ties go to the lower index."""
    remaining = iter(planes)
    best = next(remaining).copy()
    labels = np.zeros(best.shape, np.uint8)
    for code, plane in enumerate(remaining, start=1):
        wins = np.asarray(cv2.compare(plane, best, cv2.CMP_GT), np.uint8)  # 255 where it does
        cv2.max(labels, wins & np.uint8(code), dst=labels)  # codes rise: the last winner stays
        cv2.max(best, plane, dst=best)
    return labels


def mean_probability(logits: NDArray[np.float32], mask: Bool) -> float | None:
    """Mean softmax probability of the winning class over `mask`, None where it is empty."""
    chosen = logits[:, mask]
    if chosen.size == 0:
        return None
    top = chosen.max(axis=0)
    return float((1 / np.exp(chosen - top).sum(axis=0)).mean(dtype=np.float64))
