from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from pipeline.report import charts
from pipeline.report.charts import timeline_svg
from pipeline.report.history import History
from pipeline.report.page import render
from pipeline.report.summary import summarise
from pipeline.sinks.stills import Still
from tests.builders_results import LIMITS, Geometry, make_context, make_result
from tracking.decision import Verdict
from tracking.reasons import TEXTS, Reason

N_FRAMES = 12


def _history(truth: Geometry | None = None, n_frames: int = N_FRAMES) -> History:
    history = History(LIMITS)
    for index in range(n_frames):
        if index < N_FRAMES // 2:
            result = make_result(
                Verdict.UNSURE,
                (Reason.NO_APPLICATOR,),
                has_pose=False,
                frame_index=index,
                truth=truth,
                phase="survey",
            )
        else:
            result = make_result(frame_index=index, truth=truth, phase="held")
        history.append(result.record, result.source_frame.truth)
    return history


def _page(
    history: History, damage: str | None = None, source_uri: str = "sim:docking", n_stills: int = 0
) -> str:
    context = make_context(source_uri=source_uri)
    color = make_result().source_frame.frame.color_rgb
    assert color is not None
    stills = [Still(f"Still {index}", color) for index in range(n_stills)]
    return render(summarise(history, context, damage), history, context, stills)


def test_the_page_needs_nothing_from_outside() -> None:
    page = _page(_history(Geometry()), n_stills=2)
    assert page.count("data:image/jpeg;base64,") == 2
    outside = re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page)
    assert outside == []
    assert "<script" not in page
    assert "@import" not in page


def test_the_same_run_gives_the_same_bytes() -> None:
    assert _page(_history(Geometry()), n_stills=1) == _page(_history(Geometry()), n_stills=1)


def test_damage_is_told_on_top() -> None:
    page = _page(_history(), damage="The file ends in frame 13.")
    assert page.index("The source ended early") < page.index("<h2>")
    assert "The file ends in frame 13." in page
    assert "The source ended early" not in _page(_history())


def test_ready_outside_the_plan_is_told_on_top() -> None:
    page = _page(_history(Geometry(docking_gap_mm=50.0)))
    assert page.index("READY outside the plan") < page.index("<h2>")


def test_foreign_text_is_escaped() -> None:
    page = _page(_history(), damage="<b>&", source_uri="<script>alert(1)</script>")
    assert "<script>" not in page
    assert "&lt;b&gt;&amp;" in page


def test_verdicts_limits_reasons_assumptions_and_ids_are_there() -> None:
    page = _page(_history(Geometry()))
    for text in (
        "GEOMETRY READY",
        "37 to 43",
        TEXTS[Reason.NO_APPLICATOR].action,
        "qa_state",
        "catalogue@1",
        "SIMULATED, NOT LIVE",
        "docking_gap_mm",
    ):
        assert text in page


def test_without_truth_there_is_no_truth_table() -> None:
    assert "Against the truth" not in _page(_history())


def test_a_run_without_frames_has_a_page() -> None:
    assert "No frame was read" in _page(History(LIMITS), damage="No whole frame.")


def test_no_clock_and_no_date_reach_the_page() -> None:
    page = _page(_history())
    assert "dc:date" not in page
    assert "stage_ms" not in page


def test_the_chart_is_well_formed_and_names_every_quantity() -> None:
    svg = timeline_svg(_history(Geometry()))
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    assert root.tag.endswith("svg")
    labels = re.findall(r"<!-- (.*?) -->", svg)
    for text in ("READY", "HOLD", "UNSURE", "FAULT", "survey", "held"):
        assert text in labels
    for text in ("Tilt", "Lateral", "Docking gap", "Incidence", "Air gap", "SSD error"):
        assert any(text in label for label in labels)


def test_long_runs_keep_the_page_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "MAX_VECTOR_ROWS", N_FRAMES - 1)
    assert "data:image/png;base64" in timeline_svg(_history())
