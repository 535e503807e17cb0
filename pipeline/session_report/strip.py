"""The time line: one row for each verdict, the beam above them, deviations under it marked."""

from __future__ import annotations

from io import StringIO

from pipeline.report.charts import VERDICT_COLOURS, VERDICT_ROWS
from pipeline.session_report.facts import SessionFacts
from tracking.decision import Verdict

SIZE_IN = (7.1, 1.45)
HASH_SALT = "session-report"  # element ids of the SVG: the same in every run
BEAM_COLOUR, DEVIATION_COLOUR = "#5b3a8e", "#c2410c"
ROW_HALF = 0.38
MIN_WIDTH_SHARE = 0.0015  # of the whole: a single frame of an hour must still be seen


def strip_svg(facts: SessionFacts) -> str:
    """Return the chart as an SVG element, "" for a session without frames."""
    if not facts.verdicts:
        return ""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    start = facts.verdicts[0].from_ns
    least = MIN_WIDTH_SHARE * max(facts.seconds, 1e-3)
    with rc_context({"svg.hashsalt": HASH_SALT, "font.family": ["DejaVu Sans"], "font.size": 7.0}):
        figure = Figure(figsize=SIZE_IN, layout="constrained")
        axes = figure.subplots()
        rows = [str(verdict) for verdict in VERDICT_ROWS]
        ends = [span.from_ns for span in facts.verdicts[1:]] + [facts.verdicts[-1].to_ns]
        for span, end in zip(facts.verdicts, ends, strict=True):
            left, right = (span.from_ns - start) / 1e9, (end - start) / 1e9
            axes.broken_barh(
                [(left, max(right - left, least))],
                (rows.index(span.verdict) - ROW_HALF, 2 * ROW_HALF),
                facecolors=VERDICT_COLOURS[Verdict(span.verdict)],
                linewidth=0,
            )
        for beam in facts.beam:
            left, right = (beam.from_ns - start) / 1e9, (beam.to_ns - start) / 1e9
            axes.broken_barh(
                [(left, max(right - left, least))],
                (len(rows) - ROW_HALF, 2 * ROW_HALF),
                facecolors=BEAM_COLOUR,
                linewidth=0,
            )
        places = [(span.from_ns - start) / 1e9 for span in facts.deviations]
        axes.plot(*(places, [len(rows)] * len(places)), "v", color=DEVIATION_COLOUR, markersize=4)
        reported = (facts.frame.stamp_ns - start) / 1e9
        axes.axvline(reported, color="black", linewidth=0.8, linestyle="--")
        names = ["GEOMETRY READY" if row == "READY" else row for row in rows]
        axes.set_yticks(range(len(rows) + 1), [*names, "beam"])
        axes.set_ylim(-0.6, len(rows) + 0.6)
        axes.set_xlim(-least, facts.seconds + 2 * least)
        axes.set_xlabel("time since the first frame, s (dashed: the reported frame)")
        axes.spines[["top", "right"]].set_visible(False)
        out = StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
