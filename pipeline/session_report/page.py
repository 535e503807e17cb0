"""The session report as HTML, and the same pages as PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from calibration.qa_report.page import pdf_of
from pipeline.session_report.content import content_of
from pipeline.session_report.facts import SessionFacts
from pipeline.session_report.facts_file import Picture

TEMPLATE = "page.html.j2"

__all__ = ["html_of", "pdf_of"]


def html_of(facts: SessionFacts, pictures: Sequence[Picture]) -> str:
    """The page, self-contained; the same facts always give the same bytes."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    content = content_of(facts, pictures)
    strip = Markup(content.strip)  # noqa: S704 - drawn by ourselves, holds no foreign text
    return environment.get_template(TEMPLATE).render(report=content, facts=facts, strip=strip)
