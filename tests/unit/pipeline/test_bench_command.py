"""`bench` on the command line: what it prints, writes, refuses and returns."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import sqrt
from pathlib import Path

import pytest

from pipeline import bench as bench_module
from pipeline.bench import BenchRequest
from pipeline.benchmarks.findings import Findings, Goal, TextTable
from pipeline.benchmarks.frames import MEASUREMENT, Timing
from pipeline.benchmarks.frames import findings as frame_findings
from pipeline.benchmarks.side_by_side import side_by_side
from pipeline.cli.app import main
from recordings.progress import Report
from tracking.record import STAGES

TABLE = TextTable("a title", ("name", "value"), [("[red]a", "1.0")], "a [dim] caption")


def _pretend(
    monkeypatch: pytest.MonkeyPatch, what: str, *, is_failed: bool = False
) -> list[BenchRequest]:
    asked: list[BenchRequest] = []

    def run(request: BenchRequest, report: Report) -> Findings:
        asked.append(request)
        report(1, 1)
        return Findings((TABLE,), (Goal("a goal", 2.0, 1.0),), {"figure": 3.0}, is_failed=is_failed)

    monkeypatch.setitem(bench_module._RUNS, what, run)
    return asked


def test_machine_and_seed_come_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = _pretend(monkeypatch, "consistency")
    assert main(["bench", "consistency", "--frames", "40", "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "seed 5" in lines[0]
    assert "commit" in lines[0]
    assert "a title" in lines[1]
    assert any(line.startswith("NOT MET  a goal: 2.000 (at most 1)") for line in lines)
    assert (asked[0].size, asked[0].seed) == (40, 5)


def test_tables_show_their_texts_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _pretend(monkeypatch, "threads")
    assert main(["bench", "threads"]) == 0
    out = capsys.readouterr().out
    assert "[red]a" in out
    assert "a [dim] caption" in out


def test_figures_go_to_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _pretend(monkeypatch, "threads")
    assert main(["bench", "threads", "--json", str(tmp_path / "f.json")]) == 0
    written = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert written["benchmark"] == "threads"
    assert written["simulation"] is True
    assert written["figure"] == 3.0
    assert written["goals"] == [{"name": "a goal", "value": 2.0, "limit": 1.0, "is_met": False}]


def test_a_difference_is_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, "threads", is_failed=True)
    assert main(["bench", "threads"]) == 1


def test_the_networks_labels_are_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _pretend(monkeypatch, "contour")
    assert main(["bench", "contour"]) == main(["bench", "contour", "--network"]) == 0
    assert [request.with_network for request in asked] == [False, True]


@pytest.mark.parametrize(
    "arguments",
    [
        ["threads", "--views", "3"],
        ["registration", "--frames", "3"],
        ["registration", "--views", "0"],
        ["registration", "--without-prior"],
        ["identity", "--ours"],
        ["labels", "--network"],
        ["identity", "--plots", "x"],
        ["threads", "--json", "no/such/folder/f.json"],
    ],
    ids=" ".join,
)
def test_options_without_meaning_are_refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = _pretend(monkeypatch, arguments[0])
    assert main(["bench", *arguments]) == 2
    assert asked == []
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "is_most", "is_met"),
    [
        (1.0, True, True),
        (1.1, True, False),
        (1.0, False, True),
        (0.9, False, False),
        (None, True, False),
        (float("nan"), True, False),
    ],
)
def test_a_goal_without_a_figure_is_not_met(
    value: float | None, is_most: bool, is_met: bool
) -> None:
    assert Goal("x", value, 1.0, is_most).is_met is is_met


@pytest.mark.parametrize("n_processes", [1, 2])
def test_pieces_keep_their_order_in_any_number_of_processes(n_processes: int) -> None:
    told: list[int] = []
    pieces = [float(i) for i in range(6)]
    function: Callable[[float], float] = sqrt
    assert side_by_side(function, pieces, lambda done, _total: told.append(done), n_processes) == [
        sqrt(p) for p in pieces
    ]
    assert told == [1, 2, 3, 4, 5, 6]


def _timing(register_ms: float, *, is_tracked: bool) -> Timing:
    laps = dict.fromkeys(STAGES, 1.0) | {"register": register_ms, "total": 20.0}
    return Timing("true labels", is_tracked, [laps] * 10)


def test_the_measurement_alone_is_timed_against_its_goals() -> None:
    quick = [_timing(5.0, is_tracked=True), _timing(70.0, is_tracked=False)]
    found = frame_findings(quick)
    assert all(goal.is_met for goal in found.goals)
    measurement = found.tables[1]
    assert measurement.rows[0][1] == "7.0 / 7.0 / 7.0"
    assert len(MEASUREMENT) == 3
    slow = [_timing(7.0, is_tracked=True), _timing(90.0, is_tracked=False)]
    names = [goal.name for goal in frame_findings(slow).goals if not goal.is_met]
    assert names == [
        "tracked, true labels: measurement p50, ms",
        "no prior, true labels: measurement p99, ms",
    ]
