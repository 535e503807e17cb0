"""`report.html`: one self-contained page; the same run always gives the same bytes.

Figures of a clock stand in `summary.json` only: they would differ from run to run.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.overlay.banner import VERDICT_WORDS
from pipeline.overlay.footer import origin_tag
from pipeline.overlay.limits import limited_quantities
from pipeline.report.charts import timeline_svg
from pipeline.report.history import History
from pipeline.report.summary import Summary
from pipeline.report.truth import WELL_INSIDE
from pipeline.sinks.image_file import jpeg_bytes
from pipeline.sinks.sink import RunContext
from pipeline.sinks.stills import Still
from tracking.alignment import Alignment
from tracking.reasons import TEXTS, Reason

TEMPLATE_NAME = "page.html.j2"


def write_report(
    path: Path, summary: Summary, history: History, context: RunContext, stills: Sequence[Still]
) -> None:
    """Render and write the report."""
    path.write_text(render(summary, history, context, stills), encoding="utf-8", newline="\n")


def render(summary: Summary, history: History, context: RunContext, stills: Sequence[Still]) -> str:
    """Return the report's HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE_NAME).render(
        summary=summary,
        context=context,
        origin_tag=origin_tag(context),
        verdict_words={str(verdict): word for verdict, word in VERDICT_WORDS.items()},
        limited=limited_quantities(Alignment(), context.plan.limits),
        reason_texts={str(reason): TEXTS[reason] for reason in Reason},
        timeline=Markup(timeline_svg(history)),  # noqa: S704 - drawn here, holds no foreign text
        well_inside=WELL_INSIDE,
        stills=[(still.caption, _data_uri(still)) for still in stills],
    )


def _data_uri(still: Still) -> str:
    return "data:image/jpeg;base64," + b64encode(jpeg_bytes(still.color_rgb)).decode("ascii")
