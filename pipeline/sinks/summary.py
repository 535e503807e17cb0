"""Writes `summary.json`."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.report.summary import Summary


def write_summary(path: Path, summary: Summary) -> None:
    """Write the summary, in the order of its contract."""
    text = json.dumps(summary.to_json(), allow_nan=False, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
