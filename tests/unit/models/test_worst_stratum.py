"""The worst group counts wide enough cones only, and only groups of enough frames."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.frame_score import FrameScore, score_frame
from models.evaluation.strata import WIDTH, frame_strata
from models.evaluation.worst_stratum import MIN_FRAMES, worst_stratum
from tracking.segmentation import Label

SIZE = (80, 200)


def _scored(name: str, width: int, found: int, material: str) -> FrameScore:
    """A bar `width` px wide of which `found` are found; 60 px long."""
    truth, predicted = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    truth[10:70, 20 : 20 + width] = Label.APPLICATOR
    predicted[10:70, 20 : 20 + found] = Label.APPLICATOR
    strata = frame_strata(np.full(SIZE, 400.0, np.float32), truth)
    return score_frame(name, truth, predicted, strata | {"material": material})


def test_the_worst_group_of_enough_frames_with_wide_cones() -> None:
    scores = [_scored(f"s{n}", 20, 20, "steel") for n in range(MIN_FRAMES)]
    scores += [_scored(f"p{n}", 20, 15, "plastic") for n in range(MIN_FRAMES)]
    scores += [_scored(f"g{n}", 20, 12, "glass") for n in range(MIN_FRAMES - 1)]
    worst = worst_stratum(scores)
    assert worst is not None
    assert (worst.name, worst.n_in_group, worst.n_frames) == ("material: plastic", 10, 29)
    assert worst.group_iou == pytest.approx(0.75)
    assert worst.iou == pytest.approx((20 * 10 + 15 * 10 + 12 * 9) / (20 * 29))
    assert worst.document()["below_all"] == pytest.approx(worst.iou - 0.75, abs=1e-4)


@pytest.mark.parametrize(("width", "is_held"), [(14, False), (15, True)])
def test_cones_below_15_px_are_left_out(width: int, is_held: bool) -> None:
    scores = [_scored(f"{n}", width, width, "steel") for n in range(MIN_FRAMES)]
    assert scores[0].strata[WIDTH] == ("15-30" if is_held else "below 15")
    assert (worst_stratum(scores) is not None) == is_held


def test_nothing_is_worst_of_nothing() -> None:
    assert worst_stratum([]) is None
    assert worst_stratum([_scored("0", 0, 0, "none")] * MIN_FRAMES) is None
