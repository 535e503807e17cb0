"""Two runs as a picture: both verdicts over time, and what the main quantities differ by."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from pipeline.diff.observed import observed
from pipeline.diff.records import Record
from pipeline.report.charts import VERDICT_COLOURS, VERDICT_ROWS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = (
    ("docking_tilt_deg", "tilt, deg"),
    ("docking_lateral_mm", "lateral, mm"),
    ("docking_gap_mm", "docking gap, mm"),
    ("incidence_deg", "incidence, deg"),
    ("air_gap_mm", "air gap, mm"),
)
WIDTH_IN, STRIP_IN, ROW_IN, DPI = 9.6, 1.5, 1.1, 100


def draw(a: Mapping[int, Record], b: Mapping[int, Record]) -> bytes:
    """Return a PNG; the same runs give the same bytes."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    heights = [STRIP_IN, STRIP_IN, *[ROW_IN] * len(SHOWN)]
    with rc_context({"font.family": ["DejaVu Sans"], "font.size": 8.0}):
        figure = Figure(figsize=(WIDTH_IN, sum(heights)), dpi=DPI, layout="constrained")
        axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[
            :, 0
        ]
        for axis, side, name in zip(axes, (a, b), "AB", strict=False):
            _verdicts(axis, side, name)
        both = [index for index in a if index in b]
        for axis, (quantity, label) in zip(axes[2:], SHOWN, strict=True):
            _difference(axis, a, b, both, quantity, label)
        axes[-1].set_xlabel("frame")
        buffer = BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _verdicts(axis: Axes, records: Mapping[int, Record], name: str) -> None:
    for row, verdict in enumerate(VERDICT_ROWS):
        at = [index for index, record in records.items() if record["verdict"] == str(verdict)]
        axis.plot(
            at,
            np.full(len(at), row),
            "|",
            color=VERDICT_COLOURS[verdict],
            markersize=9,
            markeredgewidth=1.4,
        )
    axis.set_yticks(range(len(VERDICT_ROWS)), [str(verdict) for verdict in VERDICT_ROWS])
    axis.set_ylim(-0.6, len(VERDICT_ROWS) - 0.4)
    axis.set_title(name, loc="left", fontweight="bold")
    axis.grid(axis="y", linewidth=0.4, color="#cccccc")


def _difference(
    axis: Axes,
    a: Mapping[int, Record],
    b: Mapping[int, Record],
    both: list[int],
    name: str,
    label: str,
) -> None:
    step = np.array([_value(b[i], name) - _value(a[i], name) for i in both])
    axis.plot(both, step, ".", color="#1f5fa8", markersize=3)
    axis.axhline(0.0, color="#555555", linewidth=0.6)
    axis.set_ylabel(f"B - A\n{label}")
    axis.grid(linewidth=0.4, color="#dddddd")


def _value(record: Record, name: str) -> float:
    found = observed(record, name)
    return float("nan") if found is None else found.value
