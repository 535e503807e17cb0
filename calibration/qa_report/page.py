"""The report as HTML, and the same page as PDF."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from calibration.qa_report.content import ReportContent

TEMPLATE = "page.html.j2"


def html_of(content: ReportContent) -> str:
    """The page, self-contained."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    charts = [Markup(svg) for svg in content.charts]  # noqa: S704 - drawn by ourselves
    return environment.get_template(TEMPLATE).render(report=content, charts=charts)


def pdf_of(html: str) -> bytes:
    """The same page for filing, A4; the fonts are those that come with the plotting library.

    Nothing is fetched: the page holds its pictures, and every other address is refused.
    """
    import matplotlib as mpl
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    faces = "".join(
        f"@font-face {{ font-family: Report; font-weight: {weight}; "
        f"src: url('{(fonts / name).as_uri()}'); }}\n"
        for weight, name in (("normal", "DejaVuSans.ttf"), ("bold", "DejaVuSans-Bold.ttf"))
    )
    configuration = FontConfiguration()
    style = CSS(string=f"{faces} html {{ font-family: Report; }}", font_config=configuration)
    found = HTML(string=html).write_pdf(stylesheets=[style], font_config=configuration)
    if found is None:
        raise RuntimeError("no PDF was written")
    return bytes(found)
