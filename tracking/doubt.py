"""How far a frame's labels may be believed: a score, its limit, and what speaks against them most.

The segmenter computes it (`models/doubt.py`); the gate refuses to be ready on labels that are
not believable. Labels that nobody vouched for are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class DoubtCause(StrEnum):
    """What speaks against the labels most."""

    UNPROVEN = "unproven"  # no calibrated score was computed
    UNFAMILIAR = "unfamiliar"  # the network itself wavers inside applicator or bed
    GEOMETRY = "geometry"  # the labels' outline does not lie on steps of the depth
    LIGHT = "light"  # colour too dark, too bright or blurred
    DEPTH = "depth"  # labelled pixels without depth
    STORED = "stored"  # label images of the source: nothing was estimated


@dataclass(frozen=True)
class LabelDoubt:
    """Doubt about the labels of one frame.

    Attributes
    ----------
    score : float or None
        Probability that the applicator's labels are bad, 0 to 1; None where there is none.
    limit : float
        Largest score that is believed, set for a stated rate of false alarms.
    cause : DoubtCause
        The largest contribution to the score.
    """

    score: float | None = None
    limit: float = 0.0
    cause: DoubtCause = DoubtCause.UNPROVEN

    def __post_init__(self) -> None:
        if self.score is not None and not (isfinite(self.score) and 0 <= self.score <= 1):
            raise ValueError(f"score must be in 0..1 or None, got {self.score}")

    @property
    def is_believable(self) -> bool:
        """Fails to: not believable, where there is no score or no limit."""
        return self.score is not None and self.score <= self.limit


UNPROVEN = LabelDoubt()
STORED_LABELS = LabelDoubt(score=0.0, limit=0.0, cause=DoubtCause.STORED)
