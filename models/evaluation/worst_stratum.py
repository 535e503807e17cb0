"""How much worse the applicator is found in the worst group of frames than in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.evaluation.frame_score import FrameScore
from models.evaluation.strata import NO_APPLICATOR, WIDTH, WIDTH_EDGES_PX, bucket
from models.evaluation.summary import DIGITS, by_stratum, summarise
from tracking.segmentation import Label

MIN_FRAMES = 10  # of a group that counts: the intervals of fewer are wider than what is asked
LEFT_OUT = (NO_APPLICATOR, bucket(0.0, WIDTH_EDGES_PX))  # no cone, or one too narrow to be held to


@dataclass(frozen=True)
class WorstStratum:
    """The applicator's IoU over all pixels of the frames with a cone that is wide enough.

    Attributes
    ----------
    n_frames, iou
        Of all these frames, and over them.
    name
        "division: group" of the worst group of at least `MIN_FRAMES` frames.
    n_in_group, group_iou
        Of that group.
    """

    n_frames: int
    iou: float
    name: str
    n_in_group: int
    group_iou: float

    def document(self) -> dict[str, object]:
        """For JSON."""
        return {
            "frames": self.n_frames,
            "applicator_iou": round(self.iou, DIGITS),
            "worst": self.name,
            "worst_frames": self.n_in_group,
            "worst_applicator_iou": round(self.group_iou, DIGITS),
            "below_all": round(self.iou - self.group_iou, DIGITS),
        }


def worst_stratum(scores: Sequence[FrameScore]) -> WorstStratum | None:
    """Find the worst group of any division; None where no group has enough frames."""
    held = [score for score in scores if score.strata.get(WIDTH, NO_APPLICATOR) not in LEFT_OUT]
    found = [
        (iou, f"{division}: {group}", figures.n_frames)
        for division, groups in by_stratum(held, (Label.APPLICATOR,)).items()
        for group, figures in groups.items()
        if figures.n_frames >= MIN_FRAMES
        and (iou := figures.classes["applicator"].iou.value) is not None
    ]
    whole = summarise(held, (Label.APPLICATOR,)).classes["applicator"].iou.value
    if not found or whole is None:
        return None
    iou, name, n_in_group = min(found)
    return WorstStratum(len(held), whole, name, n_in_group, iou)
