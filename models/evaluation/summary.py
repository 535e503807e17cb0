"""Figures of a set of scored frames, each with its 95 % interval, as a whole and by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.evaluation.bootstrap import Interval, interval_of_median, interval_of_sums
from models.evaluation.confusion import iou_of, precision_of, recall_of
from models.evaluation.frame_score import FrameScore
from models.evaluation.strata import bucket_order
from tracking.segmentation import Label

DIGITS = 4  # of shares; more would be noise of the choice of frames


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval over frames; None where there is nothing to measure."""

    value: float | None
    interval: Interval | None

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {
            "value": _rounded(self.value),
            "ci95": None if self.interval is None else [_rounded(x) for x in self.interval],
        }


@dataclass(frozen=True)
class ClassFigures:
    """One class: over all pixels of the set together, and the median over frames."""

    iou: Figure
    precision: Figure
    recall: Figure
    frame_iou_median: Figure
    n_frames: int  # that show the class

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {
            "frames": self.n_frames,
            "iou": self.iou.document(),
            "precision": self.precision.document(),
            "recall": self.recall.document(),
            "frame_iou_median": self.frame_iou_median.document(),
        }


@dataclass(frozen=True)
class SetFigures:
    """A set of frames.

    Attributes
    ----------
    outline_px : Figure
        Median over frames of the applicator's mean outline offset, + outside the true one.
    n_shown, n_missed : int
        Frames that show enough of an applicator, and those in which it is not found.
    n_empty, n_false_alarms : int
        Frames without an applicator, and those in which one is reported.
    """

    n_frames: int
    classes: dict[str, ClassFigures]
    outline_px: Figure
    n_shown: int
    n_missed: int
    n_empty: int
    n_false_alarms: int

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {
            "frames": self.n_frames,
            "classes": {name: figures.document() for name, figures in self.classes.items()},
            "outline_offset_px": self.outline_px.document(),
            "applicator_shown": self.n_shown,
            "applicator_missed": self.n_missed,
            "without_applicator": self.n_empty,
            "false_alarms": self.n_false_alarms,
        }


def summarise(scores: Sequence[FrameScore], labels: Sequence[Label] = tuple(Label)) -> SetFigures:
    """Figures of `scores`, for the classes that the truth tells."""
    counts = np.array([score.counts for score in scores]).reshape(-1, len(Label), len(Label))
    offsets = np.array([s.outline_px for s in scores if s.outline_px is not None], np.float64)
    n_true = counts[:, Label.APPLICATOR].sum(axis=1)
    return SetFigures(
        n_frames=len(scores),
        classes={label.name.lower(): _class_figures(counts, label) for label in labels},
        outline_px=_median(offsets),
        n_shown=sum(score.is_shown for score in scores),
        n_missed=sum(score.is_missed for score in scores),
        n_empty=int((n_true == 0).sum()),
        n_false_alarms=sum(score.is_false_alarm for score in scores),
    )


def by_stratum(
    scores: Sequence[FrameScore], labels: Sequence[Label] = tuple(Label)
) -> dict[str, dict[str, SetFigures]]:
    """Figures of every group of every division, in rising order."""
    divisions: dict[str, dict[str, list[FrameScore]]] = {}
    for score in scores:
        for division, group in score.strata.items():
            divisions.setdefault(division, {}).setdefault(group, []).append(score)
    return {
        division: {
            name: summarise(groups[name], labels) for name in sorted(groups, key=bucket_order)
        }
        for division, groups in divisions.items()
    }


def _class_figures(counts: NDArray[np.int64], label: Label) -> ClassFigures:
    is_there = counts[:, label].sum(axis=1) > 0
    each = iou_of(counts[is_there], label)
    return ClassFigures(
        iou=_of_sum(counts, partial(iou_of, label=label)),
        precision=_of_sum(counts, partial(precision_of, label=label)),
        recall=_of_sum(counts, partial(recall_of, label=label)),
        frame_iou_median=_median(each),
        n_frames=int(is_there.sum()),
    )


def _of_sum(
    counts: NDArray[np.int64], figure: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Figure:
    value = float(figure(counts.sum(axis=0).astype(np.float64)))
    if not np.isfinite(value):
        return Figure(None, None)
    return Figure(value, interval_of_sums(counts, figure))


def _median(values: NDArray[np.float64]) -> Figure:
    if not len(values):
        return Figure(None, None)
    return Figure(float(np.median(values)), interval_of_median(values))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
