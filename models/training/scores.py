"""Confusion counts and intersection over union."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.training.canvas_samples import IGNORED
from tracking.segmentation import Label

N_CLASSES = len(Label)


@dataclass(eq=False)
class Confusion:
    """Pixel counts [true, predicted], summed over frames."""

    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros((N_CLASSES, N_CLASSES), np.int64)
    )

    def add(self, truth: NDArray[np.integer], predicted: NDArray[np.integer]) -> None:
        """Count one frame; `IGNORED` pixels of the truth are left out."""
        counted = truth != IGNORED
        pairs = truth[counted].astype(np.int64) * N_CLASSES + predicted[counted]
        self.counts += np.bincount(pairs, minlength=N_CLASSES**2).reshape(N_CLASSES, N_CLASSES)

    def iou(self) -> dict[str, float]:
        """Intersection over union per class, over all counted pixels together."""
        hit = np.diag(self.counts)
        union = self.counts.sum(0) + self.counts.sum(1) - hit
        return {
            label.name.lower(): float(hit[label] / union[label]) if union[label] else float("nan")
            for label in Label
        }

    def precision(self, label: Label) -> float:
        """Share of the pixels called `label` that are."""
        called = self.counts[:, label].sum()
        return float(self.counts[label, label] / called) if called else float("nan")

    def recall(self, label: Label) -> float:
        """Share of the pixels of `label` that are called so."""
        there = self.counts[label].sum()
        return float(self.counts[label, label] / there) if there else float("nan")
