"""A whole run through every sink, and what the terminal shows of it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.report.history import History
from pipeline.report.summary import summarise
from pipeline.request import RunRequest
from pipeline.sinks.console import ProgressSink, print_summary
from pipeline.sinks.factory import build_sinks
from tests.builders_results import LIMITS, Geometry, make_context, make_result
from tracking.decision import Verdict
from tracking.reasons import Reason

ALL = {"records.jsonl", "summary.json", "overlay.mp4", "overlay.png", "report.html", "masks"}


def _request(*, video: bool = True, save_masks: bool = False) -> RunRequest:
    return RunRequest(
        "sim:docking",
        Path("rig"),
        Path("plan"),
        Path("out"),
        quiet=True,
        video=video,
        save_masks=save_masks,
    )


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"save_masks": True}, set()),
        ({"video": False, "save_masks": True}, {"overlay.mp4"}),
        ({}, {"masks"}),
    ],
)
def test_a_run_writes_what_was_asked_for(
    tmp_path: Path, changes: dict[str, bool], missing: set[str]
) -> None:
    sinks = build_sinks(_request(**changes), make_context(), tmp_path, 3)
    for index in range(3):
        result = make_result(frame_index=index, truth=Geometry())
        for sink in sinks:
            sink.emit(result)
    summary = sinks.finish(None)
    assert {path.name for path in tmp_path.iterdir()} == ALL - missing
    assert summary.n_frames == 3
    written = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(summary.to_json()))


def test_a_source_without_frames_still_gets_a_summary(tmp_path: Path) -> None:
    sinks = build_sinks(_request(), make_context(), tmp_path, None)
    summary = sinks.finish("No whole frame.")
    assert summary.is_truncated
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"records.jsonl", "summary.json", "report.html"}


def test_sinks_close_twice(tmp_path: Path) -> None:
    sinks = build_sinks(_request(), make_context(), tmp_path, None)
    sinks.emit(make_result())
    sinks.close()
    sinks.finish()


def _console(is_terminal: bool) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=is_terminal, width=80, color_system=None), text


@pytest.mark.parametrize("n_frames", [None, 2])
def test_the_bar_shows_frames_and_verdict_on_a_terminal(n_frames: int | None) -> None:
    console, text = _console(is_terminal=True)
    sink = ProgressSink(n_frames, console)
    sink.emit(make_result(Verdict.UNSURE, (Reason.NO_BED,)))
    sink.emit(make_result(Verdict.UNSURE, (Reason.NO_BED,)))
    sink.close()
    sink.close()
    assert "UNSURE NO_BED" in text.getvalue()
    assert f"2/{'?' if n_frames is None else 2}" in text.getvalue()


def test_the_bar_is_silent_elsewhere() -> None:
    console, text = _console(is_terminal=False)
    sink = ProgressSink(2, console)
    sink.emit(make_result())
    sink.close()
    assert text.getvalue().strip() == ""


def test_the_summary_fits_eighty_columns_and_says_it_all() -> None:
    history = History(LIMITS)
    for index in range(2):
        result = make_result(frame_index=index, truth=Geometry(docking_gap_mm=50.0))
        history.append(result.record, result.source_frame.truth)
    context = make_context()
    console, text = _console(is_terminal=False)
    print_summary(summarise(history, context, "[cut] short"), context, console)
    shown = text.getvalue()
    assert max(len(line) for line in shown.splitlines()) <= 80
    for part in (
        "SOURCE ENDED EARLY: [cut] short",
        "GEOMETRY READY",
        "37 to 43 mm",
        "First READY: frame 0",
        "READY while truly outside the plan: 2 of 2",
        "qa_state, expiry",
    ):
        assert part in shown
    assert "…" not in shown


def test_reasons_come_most_frequent_first() -> None:
    history = History(LIMITS)
    for index, reason in enumerate([Reason.NO_BED, Reason.NO_APPLICATOR, Reason.NO_APPLICATOR]):
        record = make_result(Verdict.UNSURE, (reason,), frame_index=index).record
        history.append(record, None)
    context = make_context()
    console, text = _console(is_terminal=False)
    print_summary(summarise(history, context), context, console)
    assert text.getvalue().index("NO_APPLICATOR") < text.getvalue().index("NO_BED")
