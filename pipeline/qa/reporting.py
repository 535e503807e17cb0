"""Writes the report of a stored run as HTML or PDF."""

from __future__ import annotations

from pathlib import Path

from calibration.qa.protocol_file import read_protocol
from calibration.qa_report.content import content_of
from calibration.qa_report.page import html_of, pdf_of
from pipeline.config.qa_settings import QaSettings
from pipeline.qa.asking import standing_at
from pipeline.qa.places import existing_store
from tracking.errors import UsageError


def write_report(number: int, out: Path, store_option: str | None, site_path: Path | None) -> None:
    """Write run `number` to `out` (.html or .pdf).

    Raises
    ------
    UsageError
        There is no such run.
    TrackerError
        Store, site or protocol cannot be read.
    """
    with existing_store(store_option, site_path) as (store, site):
        record = store.run(number)
        if record is None:
            raise UsageError(
                f"There is no QA run {number} in {store.name}.", remedy="`qa history` lists them."
            )
        settings = QaSettings() if site is None else site.qa
        protocol = read_protocol(record.start.protocol, settings.protocols_dir)
        runs = store.runs(record.start.setup.camera_serial, record.start.origin)
        html = html_of(content_of(record, runs, protocol, standing_at(store, record)))
    if out.suffix == ".pdf":
        out.write_bytes(pdf_of(html))
    else:
        out.write_text(html, encoding="utf-8")
