"""Confusion counts and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tracking.segmentation import Label

N_CLASSES = len(Label)


@dataclass(eq=False)
class Confusion:
    """Pixel counts [true, predicted], summed over frames."""

    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((N_CLASSES, N_CLASSES), np.int64)
    )

    def add(self, truth: NDArray[np.integer], predicted: NDArray[np.integer]) -> None:
        """Count one frame; pixels whose truth is no class's code are left out."""
        self.counts += frame_counts(truth, predicted)

    def iou(self) -> dict[str, float]:
        """Intersection over union per class over all counted pixels; NaN where nothing is."""
        return {label.name.lower(): float(iou_of(self.counts, label)) for label in Label}


def frame_counts(truth: NDArray[np.integer], predicted: NDArray[np.integer]) -> NDArray[np.int64]:
    """Pixel counts [true, predicted] of one frame."""
    counted = truth < N_CLASSES
    pairs = truth[counted].astype(np.int64) * N_CLASSES + predicted[counted]
    return np.bincount(pairs, minlength=N_CLASSES**2).reshape(N_CLASSES, N_CLASSES)


def iou_of(counts: NDArray[np.number], label: Label) -> NDArray[np.float64]:
    """Intersection over union; counts (..., 4, 4) to (...), NaN where the union is empty."""
    hit = counts[..., label, label]
    return _ratio(hit, counts[..., label, :].sum(-1) + counts[..., :, label].sum(-1) - hit)


def precision_of(counts: NDArray[np.number], label: Label) -> NDArray[np.float64]:
    """Share of what is called `label` that is; (..., 4, 4) to (...)."""
    return _ratio(counts[..., label, label], counts[..., :, label].sum(-1))


def recall_of(counts: NDArray[np.number], label: Label) -> NDArray[np.float64]:
    """Share of what is `label` that is called so; (..., 4, 4) to (...)."""
    return _ratio(counts[..., label, label], counts[..., label, :].sum(-1))


def _ratio(part: NDArray[np.number], whole: NDArray[np.number]) -> NDArray[np.float64]:
    there = np.asarray(whole, np.float64)
    return np.where(there > 0, part / np.where(there > 0, there, 1.0), np.nan)
