"""The QA report: assumed checks, a pass that proves too little, charts and the map of the base."""

from __future__ import annotations

import re
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from calibration.qa.control_chart import MIN_RUNS, control_chart
from calibration.qa.grade import ASSUMED
from calibration.qa.outcome import Outcome
from calibration.qa.plane import BasePlane
from calibration.qa.protocol import CheckLimits, ProtocolName
from calibration.qa.protocol_file import read_protocol
from calibration.qa.standing import QaState, Standing
from calibration.qa_metric import Metric
from calibration.qa_report.axis_scale import limit_sides, scale_axis
from calibration.qa_report.base_map import base_outline_px
from calibration.qa_report.chart_image import BAD, chart_svg
from calibration.qa_report.content import ReportContent, content_of
from calibration.qa_report.page import html_of
from tests.qa_parts import run
from tracking.camera import CameraIntrinsics

DAILY = read_protocol(ProtocolName.DAILY)
CHECKS = {check.metric: check for check in DAILY.checks}
LIMITS = CheckLimits("deviation", failure=0.5, alert=0.35)


def content(
    state: QaState = QaState.VALID, outcome: Outcome = Outcome.PASS, value: float = 0.1
) -> ReportContent:
    record = run(1, outcome)
    assert record.result is not None
    first = record.result.checks[0]
    checks = (first, replace(first, title="Warm-up", metric="warm_up", message=ASSUMED))
    metrics = (Metric("phantom_shift", value, "mm"),)
    record = replace(record, result=replace(record.result, checks=checks, metrics=metrics))
    return content_of(record, [record], DAILY, Standing(state))


def test_what_is_assumed_looks_like_no_measured_pass() -> None:
    found = content()
    assert [line.outcome for line in found.checks] == ["Pass", "Assumed"]
    assert found.checks[1].figure == "not measured"
    assert "2 checks: 1 Pass, 1 assumed, not measured (Warm-up)" in found.summary
    assert '<span class="word Assumed">Assumed</span>' in html_of(found)


@pytest.mark.parametrize(
    ("state", "outcome", "caveat"),
    [
        (QaState.VALID, Outcome.PASS, ""),
        (QaState.CHANGED, Outcome.PASS, "Not proven in full"),
        (QaState.MISSING, Outcome.PASS, "Not proven"),
        (QaState.FAILED, Outcome.FAILURE, ""),
    ],
)
def test_a_pass_that_proves_too_little_says_so_with_the_same_weight(
    state: QaState, outcome: Outcome, caveat: str
) -> None:
    page = html_of(content(state, outcome))
    badges = re.findall(r'<div class="badge \w+">(.+?)</div>', page)
    assert badges == [str(outcome), *([caveat] if caveat else [])]


def test_signatures_stand_with_the_checks_before_pictures_and_charts() -> None:
    page = html_of(content())
    order = ("<h2>Checks", '<div class="signatures"', "<h2>Targets", "<h2>Control charts")
    places = [page.index(part) for part in order]
    assert places == sorted(places)


def test_nothing_in_the_report_is_less_than_nought_that_rounds_to_it() -> None:
    assert content(value=-0.0002).checks[0].figure == "0.000 mm"
    assert content(value=-0.0002, outcome=Outcome.FAILURE).checks[0].figure == "-0.0002 mm"


def n_limits(metric: str, values: list[float]) -> int:
    svg = chart_svg(CHECKS[metric], ["02 Jan"] * len(values), values)
    return svg.count("stroke-dasharray") and len(re.findall(f"stroke: ({BAD}|#c77700)", svg))


@pytest.mark.parametrize(("metric", "n"), [("plane_bias", 4), ("phantom_shift", 2)])
def test_the_limits_are_in_sight_until_there_are_eight_runs(metric: str, n: int) -> None:
    assert n_limits(metric, [0.001]) == n
    assert n_limits(metric, [0.001, 0.002] * 3) == n
    assert n_limits(metric, [0.001, 0.002] * (MIN_RUNS // 2)) == 0


def test_a_deviation_has_two_sides_and_a_size_one() -> None:
    assert limit_sides(LIMITS, 0.5, is_size=False) == [-0.5, 0.5]
    assert limit_sides(LIMITS, 0.5, is_size=True) == [0.5]
    assert limit_sides(CheckLimits("minimum", failure=90.0), 90.0, is_size=False) == [90.0]


def test_labels_of_an_axis_are_short_and_have_no_negative_nought() -> None:
    with mpl.rc_context():
        axes = Figure().subplots()
        axes.plot([1, 2], [-0.00015, -0.00016])
        scale_axis(axes, LIMITS, is_size=False)
        low, high = axes.get_ylim()
        assert high - low == pytest.approx(0.025)
        labels = [axes.yaxis.get_major_formatter()(y, 0) for y in axes.get_yticks()]
    assert max(map(len, labels)) <= len("-0.005")
    assert "-0.000" not in labels
    assert "0.000" in labels


def test_runs_that_are_all_alike_are_in_control() -> None:
    chart = control_chart([0.1 + 0.2] * 9)
    assert chart is not None
    assert not any(chart.is_out)


def test_the_base_is_outlined_whole_beyond_the_pictures_edge() -> None:
    camera = CameraIntrinsics(848, 480, 600.0, 600.0, 424.0, 240.0)
    base = BasePlane(np.array([0.0, 0.0, 1.0]), 500.0, np.array([0.0, 150.0, 500.0]))
    outline = base_outline_px(base, camera)
    np.testing.assert_allclose(outline.max(axis=0), [688.0, 684.0], atol=0.5)  # 220 mm at 500 mm
    np.testing.assert_allclose(outline.min(axis=0), [160.0, 156.0], atol=0.5)
    behind = BasePlane(base.normal, 500.0, np.array([0.0, 0.0, 100.0]))
    assert base_outline_px(behind, camera).shape == (0, 2)
