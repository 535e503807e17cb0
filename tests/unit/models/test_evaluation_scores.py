"""Scores of labelled frames, against counts done by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from models.evaluation.bootstrap import MIN_FRAMES, interval_of_median, interval_of_sums
from models.evaluation.confusion import Confusion, iou_of, precision_of, recall_of
from models.evaluation.frame_score import FrameScore, score_frame
from models.evaluation.outline import outline_offset_px
from models.evaluation.strata import (
    DISTANCE,
    NO_APPLICATOR,
    SHARE,
    UNKNOWN,
    WIDTH,
    applicator_width_px,
    bucket,
    bucket_order,
    frame_strata,
)
from models.evaluation.summary import by_stratum, summarise
from tracking.arrays import Bool, UInt8
from tracking.segmentation import Label

SIZE = (120, 200)
DISC_TOLERANCE_PX = 0.2  # of a mean offset: a rasterised circle's pixels against its length


def disc(radius: float, centre: tuple[float, float] = (60, 100)) -> Bool:
    v, u = np.indices(SIZE)
    return np.asarray(np.hypot(v - centre[0], u - centre[1]) <= radius)


def labels(applicator: Bool | None = None, bed: Bool | None = None) -> UInt8:
    image = np.zeros(SIZE, np.uint8)
    if bed is not None:
        image[bed] = Label.TUMOR_BED
    if applicator is not None:
        image[applicator] = Label.APPLICATOR
    return image


def scored(truth: UInt8, predicted: UInt8, group: str = "a") -> FrameScore:
    return score_frame("frame", truth, predicted, {"division": group})


def test_confusion_by_hand() -> None:
    confusion = Confusion()
    confusion.add(np.array([0, 1, 2, 2, 2, 255, 3]), np.array([0, 2, 2, 2, 1, 2, 0]))
    assert confusion.iou()["applicator"] == pytest.approx(2 / 4)
    assert precision_of(confusion.counts, Label.APPLICATOR) == pytest.approx(2 / 3)
    assert recall_of(confusion.counts, Label.APPLICATOR) == pytest.approx(2 / 3)
    assert confusion.iou()["tumor_bed"] == 0
    assert confusion.counts.sum() == 6  # the pixel of no class is left out
    assert np.isnan(Confusion().iou()["occluder"])


@pytest.mark.parametrize("offset", [-3.0, -1.0, 0.0, 1.0, 3.0])
def test_outline_offset_of_a_disc(offset: float) -> None:
    found = outline_offset_px(disc(30), disc(30 + offset))
    assert found == pytest.approx(offset, abs=DISC_TOLERANCE_PX * (1 + abs(offset)))


def test_what_lies_far_off_is_no_offset() -> None:
    assert outline_offset_px(disc(20), disc(20) | disc(8, (20, 180))) == 0


def test_the_border_of_the_image_is_no_outline() -> None:
    """A cone that leaves the image has an outline on its two sides alone."""
    truth, wider = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    truth[:, 80:120] = True
    wider[:, 79:121] = True
    assert outline_offset_px(truth, wider) == pytest.approx(1.0)


def test_a_frame_with_its_applicator() -> None:
    found = scored(labels(disc(30), disc(50)), labels(disc(30), disc(50)))
    assert found.applicator_iou == 1
    assert (found.outline_px, found.is_missed, found.is_false_alarm) == (0, False, False)


def test_missed_and_false_alarm() -> None:
    missed = scored(labels(disc(30)), labels())
    assert missed.is_missed
    assert missed.outline_px is None
    false = scored(labels(), labels(disc(1)))
    assert false.is_false_alarm
    assert not false.is_missed
    too_little_to_see = scored(labels(disc(3)), labels())
    assert not too_little_to_see.is_missed


def test_where_only_the_applicator_is_labelled_the_rest_is_one_class() -> None:
    truth, predicted = labels(disc(30)), labels(disc(30), disc(50))
    found = score_frame("frame", truth, predicted, {}, tells_bed=False)
    assert found.counts.sum() == truth.size
    assert found.counts[:, [Label.TUMOR_BED, Label.OCCLUDER]].sum() == 0
    assert scored(truth, predicted).counts[:, Label.TUMOR_BED].sum() > 0


@pytest.mark.parametrize(
    ("value", "name"),
    [(9, "below 10"), (10, "10-20"), (19.9, "10-20"), (20, "from 20"), (np.nan, UNKNOWN)],
)
def test_bucket(value: float, name: str) -> None:
    assert bucket(value, (10, 20)) == name


def test_groups_are_told_in_rising_order() -> None:
    names = ["below 30", "30-60", "60-120", "120-240", "from 240", "steel", UNKNOWN]
    mixed = [names[k] for k in (6, 3, 5, 0, 2, 4, 1)]
    assert sorted(mixed, key=bucket_order) == names


def test_strata_of_a_frame() -> None:
    mask = np.zeros(SIZE, bool)
    mask[20:100, 50:90] = True
    depth = np.where(mask, 420.0, 0.0).astype(np.float32)
    depth[20:50] = 0  # holes say nothing about distance
    assert frame_strata(depth, labels(mask)) == {
        DISTANCE: "350-500",
        WIDTH: "30-60",
        SHARE: "0.05-0.15",
    }
    assert set(frame_strata(depth, labels()).values()) == {NO_APPLICATOR}
    assert frame_strata(np.zeros(SIZE, np.float32), labels(mask))[DISTANCE] == UNKNOWN


def test_width_of_a_leaning_bar() -> None:
    v, u = np.indices(SIZE)
    across, along = (u - 100) * 0.8 + (v - 60) * 0.6, -(u - 100) * 0.6 + (v - 60) * 0.8
    bar = np.asarray((abs(across) <= 10) & (abs(along) <= 40))
    speck = disc(2, (5, 5))
    assert applicator_width_px(bar | speck) == pytest.approx(21, abs=1.5)


def test_the_interval_holds_its_share_of_truths() -> None:
    """Of 200 sets of frames the true mean lies in about 95 % of the intervals."""
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(200):
        sums = np.stack([rng.binomial(100, 0.3, 40), np.full(40, 100)], axis=1)
        interval = interval_of_sums(sums, lambda total: total[..., 0] / total[..., 1])
        assert interval is not None
        hits += interval[0] <= 0.3 <= interval[1]
    assert 176 <= hits <= 199  # binomial: four standard deviations around 190 at 93.5 to 96.5 %


def test_intervals_are_the_same_each_time_and_none_of_few() -> None:
    values = np.random.default_rng(1).normal(size=30)
    assert interval_of_median(values) == interval_of_median(values)
    assert interval_of_median(values[: MIN_FRAMES - 1]) is None
    assert interval_of_sums(values[: MIN_FRAMES - 1], lambda total: total) is None


def frames(radii: Sequence[float], group: str) -> list[FrameScore]:
    return [scored(labels(disc(30), disc(50)), labels(disc(r), disc(50)), group) for r in radii]


def test_summary_of_a_set_is_over_its_pixels_together() -> None:
    scores = [*frames([30, 29, 28, 27, 26], "a"), scored(labels(), labels(), "b")]
    found = summarise(scores)
    together = iou_of(np.sum([score.counts for score in scores], axis=0), Label.APPLICATOR)
    applicator = found.classes["applicator"]
    assert applicator.iou.value == pytest.approx(float(together))
    assert applicator.iou.interval is not None
    low, high = applicator.iou.interval
    assert low < float(together) < high
    assert applicator.frame_iou_median.value == pytest.approx(scores[2].applicator_iou)
    assert applicator.n_frames == 5
    assert found.outline_px.value == pytest.approx(-2, abs=0.5)
    assert (found.n_shown, found.n_missed, found.n_empty, found.n_false_alarms) == (5, 0, 1, 0)


def test_groups_have_figures_of_their_own() -> None:
    groups = by_stratum([*frames([30] * 5, "10-20"), *frames([26] * 5, "below 10")])["division"]
    assert list(groups) == ["below 10", "10-20"]
    worse, better = (groups[name].classes["applicator"].iou.value for name in groups)
    assert better == 1
    assert worse is not None
    assert worse < 0.8


def test_nothing_to_measure_is_none_and_fits_json() -> None:
    document = summarise([scored(labels(), labels())]).document()
    assert document["outline_offset_px"] == {"value": None, "ci95": None}
    assert summarise([], (Label.APPLICATOR,)).n_frames == 0
