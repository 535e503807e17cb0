"""What one labelled frame says about a segmenter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.evaluation.confusion import frame_counts, iou_of, recall_of
from models.evaluation.outline import outline_offset_px
from tracking.arrays import UInt8
from tracking.segmentation import Label

SHOWN_FRACTION = 0.005  # of the image: 2,000 px at 848x480; less of a cone may go unseen
MISSED_RECALL = 0.1  # of its pixels: a few of them by chance are not the cone found


@dataclass(frozen=True, eq=False)
class FrameScore:
    """Pixel counts and the applicator's fate in one frame.

    Attributes
    ----------
    name : str
        Of the frame, for people.
    counts : int64 (4, 4)
        [true, predicted]; where only the applicator is labelled, the rest is one class.
    outline_px : float or None
        Offset of the applicator's outline, None where too little of it is shown or found.
    strata : mapping
        Which group the frame belongs to, by the name of the division.
    """

    name: str
    counts: NDArray[np.int64]
    outline_px: float | None
    is_shown: bool
    is_missed: bool
    is_false_alarm: bool
    strata: Mapping[str, str] = field(default_factory=dict)

    @property
    def applicator_iou(self) -> float:
        """NaN where there is no applicator, true or found."""
        return float(iou_of(self.counts, Label.APPLICATOR))


def score_frame(
    name: str,
    truth: UInt8,
    predicted: UInt8,
    strata: Mapping[str, str],
    *,
    tells_bed: bool = True,
) -> FrameScore:
    """Compare label images of one frame.

    Parameters
    ----------
    truth, predicted : uint8 (height, width)
        Codes of `Label`.
    tells_bed
        False: the truth knows the applicator only; every other class counts as "other".
    """
    if not tells_bed:
        truth, predicted = _applicator_only(truth), _applicator_only(predicted)
    counts = frame_counts(truth, predicted)
    true_mask, mask = truth == Label.APPLICATOR, predicted == Label.APPLICATOR
    is_shown = bool(true_mask.mean() >= SHOWN_FRACTION)
    is_missed = is_shown and not float(recall_of(counts, Label.APPLICATOR)) >= MISSED_RECALL
    return FrameScore(
        name=name,
        counts=counts,
        outline_px=outline_offset_px(true_mask, mask) if is_shown and not is_missed else None,
        is_shown=is_shown,
        is_missed=is_missed,
        is_false_alarm=bool(mask.any()) and not bool(true_mask.any()),
        strata=strata,
    )


def _applicator_only(labels: UInt8) -> UInt8:
    return np.where(labels == Label.APPLICATOR, labels, np.uint8(Label.OTHER))
