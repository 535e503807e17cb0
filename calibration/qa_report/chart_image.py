"""Control charts as SVG: the figure over its runs, both charts' limits, the protocol's limits."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from calibration.qa.control_chart import ControlChart, control_chart
from calibration.qa.protocol import Check

SIZE_INCH = (3.45, 1.75)
INK, GREY, GOOD, BAD, WARN = "#1d2733", "#8a949e", "#1b7f4b", "#b3261e", "#c77700"
N_SHOWN = 60  # the newest runs: more cannot be told apart at this width


def chart_svg(check: Check, labels: Sequence[str], values: Sequence[float]) -> str:
    """Draw one figure's runs, oldest first; `labels` are their dates."""
    values, labels = list(values)[-N_SHOWN:], list(labels)[-N_SHOWN:]
    chart = control_chart(values)
    with mpl.rc_context({"svg.hashsalt": "qa", "svg.fonttype": "path", "font.size": 6.5}):
        figure = Figure(figsize=SIZE_INCH, layout="constrained")
        axes = figure.subplots()
        _draw_limits(axes, check, values)
        if chart is not None:
            _draw_chart(axes, chart)
        runs = range(1, len(values) + 1)
        axes.plot(runs, values, "-", color=GREY, linewidth=0.7, zorder=3)
        colours = [BAD if chart and chart.is_out[i] else INK for i in range(len(values))]
        axes.scatter(runs, values, s=7, c=colours, zorder=4)
        axes.set_title(check.title, loc="left", fontsize=7, color=INK)
        axes.set_ylabel(f"{check.metric.replace('_', ' ')}, {check.unit}".rstrip(", "))
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


def _draw_limits(axes: Axes, check: Check, values: Sequence[float]) -> None:
    """The protocol's limits, where they are near enough to be shown beside the values."""
    limits = check.limits
    lines = [(limits.failure, BAD), (limits.alert, WARN)]
    reach = max((abs(v - limits.target) for v in values), default=0.0)
    for value, colour in lines:
        if value is None:
            continue
        sides = [limits.target + value]
        if limits.kind == "deviation":
            is_signed = any(v < limits.target for v in values)
            sides += [limits.target - value] if is_signed else []
        else:
            sides = [value]
        for side in sides:
            if abs(side - limits.target) <= max(6 * reach, 1e-9) or limits.kind != "deviation":
                axes.axhline(side, color=colour, linewidth=0.8, linestyle="--", zorder=1)


def _label_runs(axes: Axes, labels: Sequence[str]) -> None:
    step = max(1, len(labels) // 5)
    places = list(range(1, len(labels) + 1, step))
    axes.set_xticks(places, [labels[i - 1] for i in places])
    axes.set_xlim(0.5, max(1.5, len(labels) + 0.5))
