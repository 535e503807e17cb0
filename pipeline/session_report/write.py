"""Writes a session's report into a folder: HTML, PDF, and where asked the DICOM object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.session_report.encapsulate import dicom_of
from pipeline.session_report.facts import SessionFacts
from pipeline.session_report.facts_file import Picture
from pipeline.session_report.page import html_of, pdf_of
from tracking.errors import UsageError

HTML_NAME, PDF_NAME, DICOM_NAME = (
    "session_report.html",
    "session_report.pdf",
    "session_report.dcm",
)


def write_report(
    folder: Path, facts: SessionFacts, pictures: Sequence[Picture], *, with_dicom: bool
) -> tuple[Path, ...]:
    """Write the report and return its files; the same facts always give the same bytes.

    Raises
    ------
    UsageError
        The folder cannot be written.
    """
    html = html_of(facts, pictures)
    pdf = pdf_of(html)
    files = {HTML_NAME: html.encode(), PDF_NAME: pdf}
    if with_dicom:
        files[DICOM_NAME] = dicom_of(pdf, facts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            partial = folder / f"{name}.partial"
            partial.write_bytes(content)
            partial.replace(folder / name)
    except OSError as error:
        raise UsageError(
            f"The report cannot be written into {folder}.",
            actual=error.strerror or str(error),
            remedy="Name another folder with --out.",
        ) from error
    return tuple(folder / name for name in files)
