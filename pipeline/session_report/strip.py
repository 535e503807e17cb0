"""The time line: one row for each verdict, the beam above them, deviations under it marked."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING

from pipeline.overlay.banner import VERDICT_WORDS
from pipeline.report.charts import VERDICT_COLOURS, VERDICT_ROWS
from pipeline.session_report.facts import SessionFacts
from pipeline.session_report.times import since_start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_IN = (7.1, 1.45)
DPI = 200  # of long sessions, which are drawn as a picture inside the SVG
MAX_VECTOR_SPANS = 1000
HASH_SALT = "session-report"  # element ids of the SVG: the same in every run
BEAM_COLOUR, DEVIATION_COLOUR = "#5b3a8e", "#c2410c"
ROW_HALF = 0.38
MIN_WIDTH_SHARE = 0.0015  # of the whole: a single frame of an hour must still be seen

Bars = Sequence[tuple[float, float]]
"""Beginnings and ends, s."""


def strip_svg(facts: SessionFacts) -> str:
    """Return the chart as an SVG element, "" for a session without frames."""
    if not facts.verdicts:
        return ""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": HASH_SALT, "font.family": ["DejaVu Sans"], "font.size": 7.0}):
        figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
        _draw(figure.subplots(), facts)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _draw(axes: Axes, facts: SessionFacts) -> None:
    least = MIN_WIDTH_SHARE * max(facts.seconds, 1e-3)
    starts = [since_start(span.from_ns, facts) for span in facts.verdicts]
    ends = [*starts[1:], facts.seconds]
    for row, verdict in enumerate(VERDICT_ROWS):
        bars = [
            (start, end)
            for span, start, end in zip(facts.verdicts, starts, ends, strict=True)
            if span.verdict == verdict
        ]
        _bars(axes, bars, row, VERDICT_COLOURS[verdict], least)
    beam_row = len(VERDICT_ROWS)
    beam = [(since_start(b.from_ns, facts), since_start(b.to_ns, facts)) for b in facts.beam]
    _bars(axes, beam, beam_row, BEAM_COLOUR, least)
    places = [since_start(span.from_ns, facts) for span in facts.deviations]
    axes.plot(places, [beam_row] * len(places), "v", color=DEVIATION_COLOUR, markersize=4)
    reported = since_start(facts.frame.stamp_ns, facts)
    axes.axvline(reported, color="black", linewidth=0.8, linestyle="--")
    names = [VERDICT_WORDS[row] for row in VERDICT_ROWS]
    axes.set_yticks(range(beam_row + 1), [*names, "beam"])
    axes.set_ylim(-0.6, beam_row + 0.6)
    axes.set_xlim(-least, facts.seconds + 2 * least)
    axes.set_xlabel("time since the first frame, s (dashed: the reported frame)")
    axes.spines[["top", "right"]].set_visible(False)


def _bars(axes: Axes, bars: Bars, row: int, colour: str, least_s: float) -> None:
    axes.broken_barh(
        [(start, max(end - start, least_s)) for start, end in bars],
        (row - ROW_HALF, 2 * ROW_HALF),
        facecolors=colour,
        linewidth=0,
        rasterized=len(bars) > MAX_VECTOR_SPANS,
    )
