"""`bench registration`: its goals can fail, its rivals run, its plots show what was measured."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.benchmarks.methods import OURS, RIVALS
from pipeline.benchmarks.pose_error import pose_error, rough_start
from pipeline.benchmarks.registration import (
    ACCEPTED,
    BOUND_RATIO_GOAL,
    FrameResult,
    acceptance,
    compare,
    findings,
)
from pipeline.benchmarks.registration_plots import draw
from pipeline.benchmarks.small_gicp_method import SmallGicp
from recordings.progress import unheard
from recordings.simulation.views import made_up_cone
from tests.builders import pose_looking_at
from tracking.cone_model import ConeModel
from tracking.errors import ConfigurationError

GOOD = FrameResult(
    method=ACCEPTED,
    index=0,
    applicator="SIM-D60-B15",
    bevel_deg=15.0,
    distance_mm=500.0,
    visible_fraction=0.8,
    rim_fraction=1.0,
    status="OK",
    is_sure=True,
    axis_deg=0.05,
    exit_mm=0.2,
    axis_bound_deg=0.05,
    exit_bound_mm=0.2,
    axis_rms_bound_deg=0.06,
    exit_rms_bound_mm=0.3,
    time_ms=10.0,
)
NO_POSE = replace(GOOD, status="POOR_FIT", is_sure=False, axis_deg=None, exit_mm=None)
ROUGH_DEG, ROUGH_MM = 3.0, 15.0  # a rival that runs at all ends nearer than this


def _met(*results: FrameResult) -> list[bool]:
    return [goal.is_met for goal in acceptance(results)]


def test_good_frames_meet_every_goal() -> None:
    assert _met(*[GOOD] * 10) == [True] * 4


def test_each_goal_can_fail() -> None:
    assert _met(replace(GOOD, axis_deg=0.05 * BOUND_RATIO_GOAL * 1.01)) == [False, True, True, True]
    assert _met(replace(GOOD, exit_mm=0.2 * BOUND_RATIO_GOAL * 1.01)) == [True, False, True, True]
    assert _met(*[GOOD] * 9, NO_POSE) == [True, True, False, True]
    far = replace(GOOD, exit_mm=5.1, exit_bound_mm=10.0)
    assert _met(GOOD, far) == [True, True, True, False]
    tilted = replace(GOOD, axis_deg=1.1, axis_bound_deg=10.0)
    assert _met(GOOD, tilted) == [True, True, True, False]
    assert _met() == [False] * 4


def test_an_unknown_slide_excuses_the_exit_alone() -> None:
    unsure = replace(GOOD, is_sure=False, exit_mm=40.0)
    assert not unsure.is_confidently_wrong
    assert unsure.exit_ratio is None
    assert replace(unsure, axis_deg=1.1).is_confidently_wrong


def test_an_unsure_frame_with_a_poor_bound_is_no_fault() -> None:
    assert _met(GOOD, replace(NO_POSE, axis_bound_deg=0.3)) == [True] * 4
    assert _met(GOOD, replace(NO_POSE, exit_bound_mm=None)) == [True] * 4


def test_a_rough_start_is_just_so_rough() -> None:
    truth = pose_looking_at()
    error = pose_error(rough_start(truth, 4.0, 7.0, np.random.default_rng(0)), truth)
    assert error.exit_mm == pytest.approx(7.0)
    assert 0.0 < error.axis_deg <= 4.0


def test_every_method_runs_on_the_same_frames() -> None:
    found = compare(1, 2, unheard)
    rows = {row[0]: row for row in found.tables[0].rows}
    assert list(rows) == [method.name for method in (*OURS, *RIVALS)]
    frames = found.data["frames"]
    assert isinstance(frames, list)
    assert len({frame["distance_mm"] for frame in frames}) == 1
    for frame in frames:
        assert frame["axis_deg"] < ROUGH_DEG, frame["method"]
        assert frame["exit_mm"] < ROUGH_MM, frame["method"]
        assert frame["time_ms"] > 0


def test_a_missing_rival_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "small_gicp", None)
    with pytest.raises(ConfigurationError, match="small_gicp") as refused:
        SmallGicp(ConeModel(made_up_cone(60.0, 15.0)))
    assert "make setup" in refused.value.remedy


def test_the_table_counts_and_leaves_out_what_is_unsure() -> None:
    found = findings([GOOD, NO_POSE], 2, with_rivals=False)
    row = found.tables[0].rows[0]
    assert row[:5] == (ACCEPTED, "2", "1", "0.050 / 0.050 / 0.050", "0.20 / 0.20 / 0.20")
    assert row[5] == "1.00, 1.00"
    assert found.data["unsure_and_easy"] == [0]


@pytest.mark.slow
def test_plots_show_the_errors(tmp_path: Path) -> None:
    results = [replace(GOOD, index=i, distance_mm=400.0 + 10 * i) for i in range(20)] + [NO_POSE]
    paths = draw(results, tmp_path / "plots")
    assert [p.name for p in paths] == [
        f"registration_{cause}.png" for cause in ("distance", "visibility", "noise", "bevel")
    ]
    first = [p.read_bytes() for p in paths]
    assert all(content.startswith(b"\x89PNG") for content in first)
    assert [p.read_bytes() for p in draw(results, tmp_path / "again")] == first
    worse = [replace(r, axis_deg=0.5) for r in results]
    assert draw(worse, tmp_path / "worse")[0].read_bytes() != first[0]
