from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.report.history import History
from pipeline.report.spread import error_spread, percentiles, spread
from pipeline.report.summary import Summary, summarise
from pipeline.sinks.sink import FrameResult
from pipeline.sinks.summary import write_summary
from tests.builders_results import (
    FRAME_NS,
    LIMITS,
    Geometry,
    hidden,
    make_alignment,
    make_context,
    make_result,
)
from tracking.decision import Verdict
from tracking.frame import GroundTruth
from tracking.reasons import Reason

OUTSIDE = Geometry(docking_gap_mm=44.0)
WELL_INSIDE = Geometry()
BARELY_INSIDE = Geometry(docking_gap_mm=42.0)
CONTRACT_KEYS = (
    "schema",
    "source",
    "origin",
    "frames",
    "truncated",
    "verdicts",
    "reasons",
    "assumed",
    "ids",
    "quantities",
    "truth",
    "times",
)
EXACT = 1e-9  # sums of doubles


def _summary(results: list[FrameResult], damage: str | None = None) -> Summary:
    history = History(LIMITS)
    for result in results:
        history.append(result.record, result.source_frame.truth)
    return summarise(history, make_context(), damage)


def _unsure(index: int, truth: Geometry | None = None) -> FrameResult:
    return make_result(Verdict.UNSURE, (Reason.NO_BED,), frame_index=index, truth=truth)


def _ready(index: int, truth: Geometry | None = None) -> FrameResult:
    return make_result(frame_index=index, truth=truth)


def test_counts_shares_and_reasons() -> None:
    hold = make_result(Verdict.HOLD, (Reason.LATERAL_HIGH, Reason.TILT_HIGH), frame_index=2)
    summary = _summary([_unsure(0), _unsure(1), hold, _ready(3)])
    assert summary.verdicts == {"READY": 1, "HOLD": 1, "UNSURE": 2, "FAULT": 0}
    assert summary.verdict_shares["UNSURE"] == 0.5
    assert summary.reasons == {"NO_BED": 2, "LATERAL_HIGH": 1, "TILT_HIGH": 1}
    assert summary.registration == {"OK": 4}
    assert summary.first_ready is not None
    assert summary.first_ready.frame_index == 3
    assert summary.first_ready.after_ms == pytest.approx(3 * FRAME_NS / 1e6)


def test_the_contract_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_summary(path, _summary([_ready(0, WELL_INSIDE)], damage="cut short"))
    written = json.loads(path.read_text(encoding="utf-8"))
    for key in CONTRACT_KEYS:
        assert key in written
    assert written["schema"] == 1
    assert written["truncated"] is True
    assert written["assumed"] == ["qa_state", "expiry"]
    assert written["ids"]["plan"] == "plan@1"
    assert written["quantities"]["air_gap_mm"]["value"]["median"] == pytest.approx(0.3)


def test_whole_sources_are_not_truncated() -> None:
    assert _summary([_ready(0)]).to_json()["truncated"] is False


def test_a_run_without_frames_is_summed_up() -> None:
    written = _summary([], damage="no whole frame").to_json()
    assert written["frames"] == 0
    assert written["verdicts"]["READY"] == 0
    assert written["quantities"] == {}
    assert written["truth"] is None
    assert written["times"] == {"stage_ms": {}}
    json.dumps(written, allow_nan=False)


def test_only_times_depend_on_the_clock() -> None:
    first, second = _ready(0, WELL_INSIDE), _ready(0, WELL_INSIDE)
    object.__setattr__(second.record, "stage_ms", {"total": 99.0})
    one, other = _summary([first]).to_json(), _summary([second]).to_json()
    assert one.pop("times") != other.pop("times")
    assert one == other


def test_hidden_frames_do_not_count_for_a_quantity() -> None:
    gone = hidden(make_alignment(Geometry()), "air_gap_mm")
    results = [_ready(0), make_result(frame_index=1, alignment=gone)]
    found = _summary(results).quantities
    assert found["air_gap_mm"].value.n == 1
    assert found["docking_gap_mm"].value.n == 2


def test_errors_are_measured_minus_true() -> None:
    results = [
        make_result(frame_index=i, geometry=Geometry(docking_gap_mm=40.0 + error), truth=truth)
        for i, (error, truth) in enumerate(
            [(0.5, Geometry(docking_gap_mm=40.0)), (-1.5, Geometry(docking_gap_mm=40.0))]
        )
    ]
    truth = _summary(results).truth
    assert truth is not None
    error = truth.errors["docking_gap_mm"]
    assert error.n == 2
    assert error.maximum == pytest.approx(1.5)
    assert error.median == pytest.approx(1.0)
    assert error.bias == pytest.approx(-0.5)


def test_pose_errors() -> None:
    measured = Geometry(tilt_x_deg=0.0, tilt_y_deg=0.0, lateral_x_mm=0.0, lateral_y_mm=0.0)
    true = Geometry(tilt_x_deg=0.0, tilt_y_deg=0.0, lateral_x_mm=3.0, lateral_y_mm=4.0)
    truth = _summary([make_result(geometry=measured, truth=true)]).truth
    assert truth is not None
    assert truth.axis_error_deg is not None
    assert truth.exit_error_mm is not None
    assert truth.axis_error_deg.maximum == pytest.approx(0.0, abs=EXACT)
    assert truth.exit_error_mm.maximum == pytest.approx(5.0)


def test_ready_while_truly_outside_is_counted() -> None:
    results = [_ready(0, OUTSIDE), _ready(1, BARELY_INSIDE), _unsure(2, OUTSIDE)]
    truth = _summary(results).truth
    assert truth is not None
    assert (truth.n_ready, truth.n_ready_outside, truth.n_ready_unchecked) == (2, 1, 0)


def test_ready_without_a_true_quantity_is_unchecked_never_passed() -> None:
    result = _ready(0, WELL_INSIDE)
    object.__setattr__(result.source_frame, "truth", GroundTruth(phase="survey"))
    truth = _summary([result]).truth
    assert truth is not None
    assert (truth.n_ready_outside, truth.n_ready_unchecked) == (0, 1)


def test_no_truth_no_comparison() -> None:
    assert _summary([_ready(0)]).truth is None


def test_the_wait_runs_from_the_start_of_each_stretch_well_inside() -> None:
    results = [
        _unsure(0, OUTSIDE),
        _unsure(1, WELL_INSIDE),
        _unsure(2, WELL_INSIDE),
        _ready(3, WELL_INSIDE),
        _ready(4, BARELY_INSIDE),
        _ready(5, WELL_INSIDE),
        _unsure(6, OUTSIDE),
        _unsure(7, WELL_INSIDE),
    ]
    truth = _summary(results).truth
    assert truth is not None
    wait = truth.wait
    assert (wait.n_stretches, wait.n_without_ready) == (3, 1)
    assert wait.longest_ms == pytest.approx(2 * FRAME_NS / 1e6)


def test_order_statistics() -> None:
    found = spread([3.0, 1.0, 2.0])
    assert found is not None
    assert (found.n, found.median, found.minimum, found.maximum) == (3, 2.0, 1.0, 3.0)
    error = error_spread([-4.0, 2.0])
    assert error is not None
    assert (error.median, error.maximum, error.bias) == (3.0, 4.0, -1.0)
    assert percentiles([float(i) for i in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert spread([]) is None
    assert error_spread([]) is None
    assert percentiles([]) is None
