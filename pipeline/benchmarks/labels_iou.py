"""How well label images match the true ones: as the network made them, and corrected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluation.confusion import frame_counts, iou_of
from models.segmenter import Ahead, Segmenter
from pipeline.benchmarks.findings import TextTable, shown
from pipeline.benchmarks.labels_pairs import Counts, FramePair
from tracking.arrays import UInt8
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label, Segmentation

SHOWN = (Label.APPLICATOR, Label.TUMOR_BED, Label.OCCLUDER)
MATRIX = (len(Label), len(Label))


class Remembering:
    """A segmenter that keeps its last answer: what a tracker was given."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self.last: Segmentation | None = None

    @property
    def model_id(self) -> str:
        """The segmenter's."""
        return self._segmenter.model_id

    def look_ahead(self, frame: RgbdFrame) -> Ahead:
        """The segmenter's."""
        return self._segmenter.look_ahead(frame)

    def segment(self, source_frame: SourceFrame, ahead: Ahead = None) -> Segmentation:
        """Segment, and remember."""
        self.last = self._segmenter.segment(source_frame, ahead)
        return self.last


def label_counts(truth: UInt8 | None, segmentation: Segmentation | None) -> Counts:
    """Pixels by true, then by given label; empty where there is nothing to compare."""
    if truth is None or segmentation is None:
        return ()
    return tuple(frame_counts(truth, segmentation.labels).ravel().tolist())


def iou_table(pairs: Sequence[FramePair]) -> TextTable:
    """Intersection over union of the network's labels over the pixels of all frames together."""
    rows = []
    for words, chosen in (
        ("that show the cone", [pair for pair in pairs if pair.has_cone]),
        ("docked, held and recovered", [pair for pair in pairs if pair.is_at_rest]),
    ):
        raw = _ious([pair.raw_counts for pair in chosen])
        corrected = _ious([pair.corrected_counts for pair in chosen])
        both = (f"{a} / {b}" for a, b in zip(raw, corrected, strict=True))
        rows.append((words, str(len(chosen)), *both))
    return TextTable(
        "Intersection over union of the network's labels: raw / corrected by the registered cone",
        ("frames", "n", *(label.name.lower() for label in SHOWN)),
        rows,
        "Over the pixels of all these frames together.",
    )


def _ious(counts: Sequence[Counts]) -> list[str]:
    total = np.zeros(MATRIX, np.int64)
    for frame in counts:
        if frame:
            total += np.reshape(frame, MATRIX)
    values = [float(iou_of(total, label)) for label in SHOWN]
    return [shown(value if np.isfinite(value) else None, 3) for value in values]
