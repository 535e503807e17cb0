"""The time line of a run as one SVG: verdicts, then each quantity against its limits.

Drawn for black-and-white print too: a verdict is told by its row, a limit by its line style.
"""

from __future__ import annotations

from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from pipeline.overlay.limits import LimitedQuantity
from pipeline.report.history import History
from tracking.arrays import Float
from tracking.decision import Verdict
from tracking.limit_checks import K_SIGMA

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_IN, STRIP_HEIGHT_IN, ROW_HEIGHT_IN = 9.6, 1.7, 1.45
HASH_SALT = "overlay-report"  # element ids of the SVG: the same in every run
MAX_VECTOR_ROWS = 2000  # longer runs: the data as a picture inside the SVG, a tenth of the size
RASTER_DPI = 200
SHOWN_TOLERANCES = 3.0  # of the allowed half width to either side; beyond it a line leaves the axes

# dark enough for print; the row, not the colour, tells the verdict
VERDICT_COLOURS = {
    Verdict.READY: "#00622c",
    Verdict.HOLD: "#b38600",
    Verdict.UNSURE: "#1389a5",
    Verdict.FAULT: "#ac0000",
}
VERDICT_ROWS = (Verdict.FAULT, Verdict.UNSURE, Verdict.HOLD, Verdict.READY)  # bottom to top


def timeline_svg(history: History) -> str:
    """Return the chart as an SVG element, "" for a run without frames."""
    if not history.rows:
        return ""
    from matplotlib import rc_context  # costs 0.5 s: only where a report is written
    from matplotlib.figure import Figure

    names = [quantity.name for quantity in history.rows[0].limited]
    heights = [STRIP_HEIGHT_IN] + [ROW_HEIGHT_IN] * len(names)
    with rc_context({"svg.hashsalt": HASH_SALT, "font.family": ["DejaVu Sans"], "font.size": 9.0}):
        figure = Figure(figsize=(WIDTH_IN, sum(heights)), dpi=RASTER_DPI, layout="constrained")
        strip, *axes = figure.subplots(
            len(heights), 1, sharex=True, squeeze=False, height_ratios=heights
        )[:, 0]
        seconds = np.array(history.seconds)
        _draw_verdicts(strip, history, seconds)
        for index, axis in enumerate(axes):
            _draw_quantity(axis, history, seconds, index)
        axes[-1].set_xlabel("time since the first frame, s")
        buffer = StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _draw_verdicts(axis: Axes, history: History, seconds: Float) -> None:
    """One row for each verdict, a mark for each frame; phases named above."""
    raster = len(seconds) > MAX_VECTOR_ROWS
    for row, verdict in enumerate(VERDICT_ROWS):
        at = seconds[[entry.verdict is verdict for entry in history.rows]]
        axis.plot(
            at, np.full(at.shape, row), "|", color=VERDICT_COLOURS[verdict],
            markersize=13, markeredgewidth=1.6, rasterized=raster,
        )  # fmt: skip
    axis.set_yticks(range(len(VERDICT_ROWS)), [str(verdict) for verdict in VERDICT_ROWS])
    axis.set_ylim(-0.6, len(VERDICT_ROWS) - 0.4)
    axis.grid(axis="y", linewidth=0.4, color="#cccccc")
    start = 0
    for phase, group in groupby(history.rows, key=lambda entry: entry.phase):
        end = start + sum(1 for _ in group)
        if phase:
            axis.axvline(seconds[start], color="#555555", linewidth=0.6)
            middle = (seconds[start] + seconds[end - 1]) / 2
            axis.annotate(
                phase, (middle, 1.02), xycoords=("data", "axes fraction"), ha="center", fontsize=8
            )
        start = end


def _draw_quantity(axis: Axes, history: History, seconds: Float, index: int) -> None:
    """Value with its 3-sigma band, the truth where known, the limits dashed."""
    shown = [row.limited[index] for row in history.rows]
    values = _column([quantity.measurement.value for quantity in shown])
    sigmas = _column([quantity.measurement.sigma for quantity in shown])
    raster = len(seconds) > MAX_VECTOR_ROWS
    reach = K_SIGMA * sigmas
    axis.fill_between(
        seconds, values - reach, values + reach, color="#3a78c8", alpha=0.3, linewidth=0,
        rasterized=raster,
    )  # fmt: skip
    axis.plot(seconds, values, color="#1f4f8f", linewidth=1.3, rasterized=raster)
    truths = _column(
        [
            None if row.truth is None else row.truth.limited[index].measurement.value
            for row in history.rows
        ]
    )
    if np.isfinite(truths).any():
        axis.plot(seconds, truths, color="black", linewidth=0.8, ls=(0, (1, 1)), rasterized=raster)
    quantity = shown[0]
    for limit in (quantity.lower, quantity.upper):
        if limit is not None:
            axis.axhline(limit, color="black", linewidth=1.1, linestyle="--")
    axis.set_ylim(*_shown_limits(quantity))
    axis.set_ylabel(f"{quantity.label}\n{quantity.unit}".rstrip())
    axis.grid(linewidth=0.4, color="#dddddd")


def _shown_limits(quantity: LimitedQuantity) -> tuple[float, float]:
    lower, upper = quantity.lower, quantity.upper
    if upper is None:
        return 0.0, 1.05
    if lower is None:
        return -0.05 * upper, SHOWN_TOLERANCES * upper
    middle, half = (lower + upper) / 2, (upper - lower) / 2
    return middle - SHOWN_TOLERANCES * half, middle + SHOWN_TOLERANCES * half


def _column(values: list[float | None]) -> Float:
    """As an array with NaN, which leaves a gap in the line, where nothing was observed."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
