"""The labels benchmark's figures: computed, able to condemn, and not won by silence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.loading import SegmenterKind
from models.mask_segmenter import MaskSegmenter
from models.segmenter import Segmenter
from pipeline.benchmarks import labels as bench
from pipeline.benchmarks.findings import Findings
from pipeline.benchmarks.labels_figures import (
    QUANTITIES,
    RATIO_GOAL,
    labels_findings,
    ratio_row,
)
from pipeline.benchmarks.labels_iou import label_counts
from pipeline.benchmarks.labels_pairs import FramePair, Told
from recordings.simulation.scenarios import SCENARIOS
from tracking.decision import Verdict
from tracking.gate import MAX_FRAME_GAP_MS
from tracking.segmentation import Label, Segmentation

N_STORIES, N_FRAMES = 12, 20
DOCKED_INDICES = (180,)


def _told(errors: dict[str, float], verdict: Verdict = Verdict.HOLD) -> Told:
    reasons = () if verdict is Verdict.READY else ("TILT_HIGH",)
    return Told(verdict, reasons, errors)


def _pair(true: Told, network: Told, *, seed: int = 0, is_inside: bool = True) -> FramePair:
    return FramePair(seed, 0, "held", True, is_inside, true, network)


def _pairs(times: float) -> list[FramePair]:
    """Independent errors of 0.1 and `times` that, in every quantity."""
    rng = np.random.default_rng(3)
    return [
        _pair(
            _told(dict.fromkeys(QUANTITIES, 0.1 * float(rng.standard_normal()))),
            _told(dict.fromkeys(QUANTITIES, 0.1 * times * float(rng.standard_normal()))),
            seed=seed,
        )
        for seed in range(N_STORIES)
        for _ in range(N_FRAMES)
    ]


def _goals(found: Findings, word: str) -> list[bool]:
    return [goal.is_met for goal in found.goals if word in goal.name]


@pytest.mark.parametrize(("times", "is_met"), [(1.0, True), (2.0, False)])
def test_every_quantity_is_judged_by_its_ratio(times: float, is_met: bool) -> None:
    pairs = _pairs(times)
    assert _goals(labels_findings(pairs, 5), "rms") == [is_met] * len(QUANTITIES)
    row = ratio_row(pairs, "air_gap_mm")
    assert row.ratio is not None
    assert row.interval is not None
    low, high = row.interval
    assert low < times < high
    assert low < row.ratio < high
    assert (low > RATIO_GOAL) is not is_met
    assert ratio_row(pairs, "air_gap_mm") == row  # the resampling is seeded


def test_interval_is_as_wide_as_stories_differ() -> None:
    """Many frames that err alike are one observation: their number must not narrow it."""
    rng = np.random.default_rng(4)
    stories = [(seed, *rng.normal(0.0, 0.1, 2)) for seed in range(N_STORIES)]

    def width(n_frames: int) -> float:
        pairs = [
            _pair(_told({"air_gap_mm": a}), _told({"air_gap_mm": b}), seed=seed)
            for seed, a, b in stories
            for _ in range(n_frames)
        ]
        interval = ratio_row(pairs, "air_gap_mm").interval
        assert interval is not None
        return interval[1] - interval[0]

    assert width(30) == pytest.approx(width(1))


def test_silence_is_counted_and_its_frames_do_not_help() -> None:
    easy = _pair(_told({"air_gap_mm": 0.1}), _told({"air_gap_mm": -0.2}))
    hard = _pair(_told({"air_gap_mm": 3.0}), _told({}))
    only_network = _pair(_told({}), _told({"air_gap_mm": 9.0}))
    row = ratio_row([easy, easy, hard, only_network, _pair(_told({}), _told({}))], "air_gap_mm")
    assert (row.n, row.n_network_silent, row.n_true_silent) == (2, 1, 1)
    assert row.rms == pytest.approx((0.1, 0.2))
    assert row.ratio == pytest.approx(2.0)
    assert row.silent_rms == pytest.approx(3.0)
    assert row.largest == pytest.approx((0.1, 0.2))
    assert row.interval is None  # of one story, resampling tells nothing


def test_a_quantity_that_is_never_told_meets_no_goal() -> None:
    found = labels_findings([_pair(_told({}), _told({}))], 5)
    assert _goals(found, "rms") == [False] * len(QUANTITIES)
    json.dumps(found.data, allow_nan=False)


def test_frames_without_a_cone_count_for_verdicts_only() -> None:
    error = _told({"air_gap_mm": 0.1})
    empty = FramePair(0, 0, "survey", False, False, error, error)
    found = labels_findings([empty, _pair(error, error)], 5)
    rows = found.data["whole_story"]
    assert isinstance(rows, list)
    assert next(row for row in rows if row["quantity"] == "air_gap_mm")["n"] == 1
    assert found.data["verdicts"]["HOLD"]["HOLD"] == 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("true", "own", "met"),
    [
        (Verdict.HOLD, Verdict.UNSURE, [True, True]),
        (Verdict.HOLD, Verdict.READY, [True, False]),
        (Verdict.READY, Verdict.HOLD, [False, True]),
    ],
)
def test_ready_outside_the_plan_is_told_of_either(
    true: Verdict, own: Verdict, met: list[bool]
) -> None:
    inside = _pair(_told({}, Verdict.READY), _told({}, Verdict.READY))
    outside = _pair(_told({}, true), _told({}, own), is_inside=False)
    assert _goals(labels_findings([inside, outside], 5), "READY") == met
    assert _goals(labels_findings([inside], 5), "READY") == [False, False]  # nothing was at stake


def test_verdicts_are_compared_frame_by_frame() -> None:
    pairs = [
        _pair(_told({}, Verdict.READY), _told({}, Verdict.READY)),
        _pair(_told({}, Verdict.READY), _told({}, Verdict.HOLD)),
        _pair(_told({}, Verdict.HOLD), _told({}, Verdict.READY)),
        _pair(_told({}, Verdict.HOLD), _told({}, Verdict.HOLD)),
    ]
    shares, differences = labels_findings(pairs, 5).tables[2:4]
    assert shares.rows[0] == ("READY", "50.0 %", "50.0 %", "25.0 %")
    assert "50.0 % of the frames" in shares.caption
    assert sorted(map(tuple, differences.rows)) == [
        ("HOLD", "READY", "1", "-"),
        ("READY", "HOLD", "1", "TILT_HIGH 1"),
    ]


def test_corrected_labels_are_held_against_raw_ones() -> None:
    error = _told({})
    truth = np.full((4, 4), Label.TUMOR_BED, np.uint8)
    truth[:2] = Label.APPLICATOR
    thick = truth.copy()
    thick[2] = Label.APPLICATOR
    raw, corrected = (label_counts(truth, Segmentation(own, "test")) for own in (thick, truth))
    pair = FramePair(0, 0, "held", True, True, error, error, raw, corrected)
    lost = FramePair(0, 1, "held", True, True, error, error, label_counts(None, None), ())
    table = labels_findings([pair, lost], 5).tables[-1]
    assert [row[2:] for row in table.rows] == [("0.667 / 1.000", "0.500 / 1.000", "- / -")] * 2


def test_a_story_is_played_whole_and_its_frames_stay_consecutive() -> None:
    indices = bench.story_indices()
    scenario = SCENARIOS[bench.SCENARIO]
    assert bench.STEP / scenario.device.frame_rate_hz * 1e3 <= MAX_FRAME_GAP_MS
    assert indices[0] == 0
    assert scenario.n_frames - indices[-1] <= bench.STEP


def test_equal_labels_give_equal_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def load(kind: SegmenterKind) -> Segmenter:
        asked.append(kind)
        return MaskSegmenter()

    monkeypatch.setattr(bench, "load_segmenter", load)
    monkeypatch.setattr(bench, "story_indices", lambda: DOCKED_INDICES)
    told: list[int] = []
    found = bench.run_labels_bench(1, 1, lambda done, _all: told.append(done))
    assert (asked, told) == (["masks", "onnx"], [1])
    rows = found.data["whole_story"]
    assert isinstance(rows, list)
    assert [row["n"] for row in rows] == [len(DOCKED_INDICES)] * len(QUANTITIES)
    assert {row["ratio"] for row in rows} == {1.0}
    frames = found.data["frames"]
    assert isinstance(frames, list)
    assert [(frame["seed"], frame["frame_index"]) for frame in frames] == [(1, 180)]
    assert all(frame["is_inside"] for frame in frames)
    json.dumps(found.data, allow_nan=False)
