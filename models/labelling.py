"""From the network's logits on the canvas to a label image in the depth grid."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from models.letterbox import Letterbox
from tracking.arrays import Bool, UInt8

ENOUGH_PIXELS = 4000  # a mean's standard error is below 1 %


def label_image(logits: NDArray[np.float32], letterbox: Letterbox) -> UInt8:
    """Interpolate every class to the depth grid, then let the largest win.

    Classes are compared after interpolation: the border between two of them is then the
    zero of a bilinear function, unbiased to a fraction of a pixel, where an enlarged label
    image would have steps.

    Parameters
    ----------
    logits : (n_classes, *canvas)
    """
    best, plane = _scratch.planes(letterbox.source)
    letterbox.restore(logits[0], best)
    return _winners(best, (letterbox.restore(one, plane) for one in logits[1:]))


def winners(planes: NDArray[np.float32]) -> UInt8:
    """Index of the largest of the planes (n, h, w) at every pixel; ties go to the lower index."""
    return _winners(planes[0].copy(), planes[1:])


def _winners(best: NDArray[np.float32], others: Iterable[NDArray[np.float32]]) -> UInt8:
    """Overwrites `best`, which is plane 0."""
    labels = np.zeros(best.shape, np.uint8)
    for code, plane in enumerate(others, start=1):
        wins = np.asarray(cv2.compare(plane, best, cv2.CMP_GT), np.uint8)  # 255 where it does
        cv2.max(labels, wins & np.uint8(code), dst=labels)  # codes rise: the last winner stays
        cv2.max(best, plane, dst=best)
    return labels


class _Scratch(threading.local):
    """Two planes of the last size asked for, of each thread: fresh memory costs 2 ms a frame."""

    def __init__(self) -> None:
        self._planes = np.empty((2, 0, 0), np.float32)

    def planes(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """(2, *shape), of any content."""
        if self._planes.shape[1:] != shape:
            self._planes = np.empty((2, *shape), np.float32)
        return self._planes


_scratch = _Scratch()


def mean_probability(logits: NDArray[np.float32], mask: Bool) -> float | None:
    """Mean softmax probability of the winning class over `mask`, None where it is empty.

    Of a large mask evenly chosen pixels tell it.
    """
    pixels = np.flatnonzero(mask)
    if len(pixels) == 0:
        return None
    chosen = pixels[:: 1 + len(pixels) // ENOUGH_PIXELS]
    return float(probabilities(logits, chosen).mean(dtype=np.float64))


def probabilities(logits: NDArray[np.float32], pixels: NDArray[np.intp]) -> NDArray[np.float32]:
    """Softmax probability of the winning class at `pixels`, flat indices of the image."""
    chosen = logits.reshape(len(logits), -1)[:, pixels]
    top = chosen.max(axis=0)
    return np.asarray(1 / np.exp(chosen - top).sum(axis=0), np.float32)
