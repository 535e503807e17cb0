"""Control charts as SVG: the figure over its runs, both charts' limits, the protocol's limits."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from math import ceil

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from calibration.qa.control_chart import ControlChart, control_chart
from calibration.qa.protocol import Check, CheckLimits
from calibration.qa_report.axis_scale import limit_sides, scale_axis

SIZE_INCH = (3.45, 1.36)
INK, GREY, GOOD, BAD, WARN = "#1d2733", "#8a949e", "#1b7f4b", "#b3261e", "#c77700"
SIZES = ("phantom_shift", "phantom_turn")  # never below 0
N_REACHES = 6.0  # of the farthest value: a limit beyond it would flatten the values
N_LABELS = 5  # dates side by side
N_SHOWN = 60  # the newest runs: more cannot be told apart at this width


def chart_svg(check: Check, labels: Sequence[str], values: Sequence[float]) -> str:
    """Draw one figure's runs, oldest first; `labels` are their dates."""
    values, labels = list(values)[-N_SHOWN:], list(labels)[-N_SHOWN:]
    chart = control_chart(values)
    with mpl.rc_context({"svg.hashsalt": "qa", "svg.fonttype": "path", "font.size": 6.5}):
        figure = Figure(figsize=SIZE_INCH, layout="constrained")
        axes = figure.subplots()
        _draw_limits(axes, check, values, shows_all=chart is None)
        if chart is not None:
            _draw_chart(axes, chart)
        runs = range(1, len(values) + 1)
        axes.plot(runs, values, "-", color=GREY, linewidth=0.7, zorder=3)
        colours = [BAD if chart and chart.is_out[i] else INK for i in range(len(values))]
        axes.scatter(runs, values, s=7, c=colours, zorder=4)
        axes.set_title(check.title, loc="left", fontsize=7, color=INK)
        axes.set_ylabel(f"{check.metric.replace('_', ' ')}, {check.unit}".rstrip(", "))
        scale_axis(axes, check.limits, is_size=check.metric in SIZES)
        _label_runs(axes, labels)
        axes.spines[["top", "right"]].set_visible(False)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _draw_chart(axes: Axes, chart: ControlChart) -> None:
    runs = range(1, len(chart.values) + 1)
    axes.axhspan(chart.lower, chart.upper, color=GOOD, alpha=0.08, zorder=0)
    axes.axhline(chart.centre, color=GOOD, linewidth=0.7)
    axes.plot(runs, chart.ewma, color="#2d6cb5", linewidth=1.0, zorder=3)
    for limit in (chart.ewma_lower, chart.ewma_upper):
        axes.plot(runs, limit, color="#2d6cb5", linewidth=0.6, linestyle=":", zorder=2)


def _draw_limits(axes: Axes, check: Check, values: Sequence[float], *, shows_all: bool) -> None:
    """The protocol's limits: all of them, or those near enough to be shown beside the values."""
    limits = check.limits
    reach = max((abs(v - limits.target) for v in values), default=0.0)
    for value, colour in ((limits.failure, BAD), (limits.alert, WARN)):
        if value is None or not (shows_all or _is_near(limits, value, reach)):
            continue
        for side in limit_sides(limits, value, is_size=check.metric in SIZES):
            axes.axhline(side, color=colour, linewidth=0.8, linestyle="--", zorder=1)


def _is_near(limits: CheckLimits, value: float, reach: float) -> bool:
    return limits.kind != "deviation" or value <= N_REACHES * reach


def _label_runs(axes: Axes, labels: Sequence[str]) -> None:
    step = max(1, ceil(len(labels) / N_LABELS))
    places = list(range(1, len(labels) + 1, step))
    axes.set_xticks(places, [labels[i - 1] for i in places])
    axes.set_xlim(0.5, max(1.5, len(labels) + 0.5))
