"""How much the network wavers between the classes inside one of its labels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool
from tracking.kernels import square

THINNING = 2  # neighbours say much the same
MAX_PIXELS = 500  # a share's standard error is then about 2 %; more cost time only
BORDER_PX = 2  # at a border between two labels wavering is right
UPPER_SHARE = 0.9  # of the pixels lie below what is reported: a tenth that wavers must show


@dataclass(frozen=True)
class Wavering:
    """Temperature-scaled uncertainty of a label's pixels off its border.

    Attributes
    ----------
    unsure
        1 - mean probability of the winning class, 0..1.
    entropy
        90th percentile of the classes' entropy over its maximum, 0..1.
    energy
        90th percentile of the free energy -log(sum(exp(logits))): high where no class is
        supported (Liu et al., "Energy-based out-of-distribution detection", NeurIPS 2020).
        0 for no pixels.
    """

    unsure: float
    entropy: float
    energy: float


def wavering(logits: NDArray[np.float32], mask: Bool, temperature: float) -> Wavering:
    """Uncertainty over `mask` (h, w), not empty; `logits` is (n_classes, h, w)."""
    chosen = np.ascontiguousarray(mask[::THINNING, ::THINNING])
    inside = np.asarray(cv2.erode(chosen.view(np.uint8), square(BORDER_PX // THINNING)), np.bool_)
    chosen = inside if inside.any() else chosen
    pixels = np.flatnonzero(chosen)
    if len(pixels) == 0:  # a label of a few pixels
        return Wavering(1.0, 1.0, 0.0)
    pixels = pixels[:: 1 + len(pixels) // MAX_PIXELS]
    rows, columns = np.divmod(pixels, chosen.shape[1])
    chosen_logits = logits[:, rows * THINNING, columns * THINNING]
    scaled = chosen_logits * np.float32(1 / temperature)
    top = scaled.max(axis=0)
    shifted = np.exp(scaled - top)
    total = shifted.sum(axis=0)
    log_total = np.log(total)
    probabilities = shifted / total
    entropy = log_total - (probabilities * (scaled - top)).sum(axis=0)
    return Wavering(
        unsure=1.0 - float(np.mean(1 / total, dtype=np.float64)),
        entropy=_upper(entropy) / float(np.log(len(logits))),
        energy=_upper(-temperature * (top + log_total)),
    )


def _upper(values: NDArray[np.float32]) -> float:
    rank = int(UPPER_SHARE * (len(values) - 1))
    return float(np.partition(values, rank)[rank])
