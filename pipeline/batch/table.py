"""What a batch came to, as JSON, CSV and a page."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.batch.compare import Comparison
from pipeline.batch.job import Status
from pipeline.batch.results import BATCH_NAME, SessionRow
from recordings.naming import results_folder
from tracking.decision import Verdict

TEMPLATE_NAME = "page.html.j2"
VERDICTS = tuple(str(verdict) for verdict in Verdict)


@dataclass(frozen=True)
class Batch:
    """All rows, and how they compare with a baseline (None: with nothing)."""

    archive: str
    configuration: str
    rows: tuple[SessionRow, ...]
    comparisons: tuple[Comparison, ...] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Sessions by status."""
        found = Counter(str(row.status) for row in self.rows)
        return {str(status): found[str(status)] for status in Status}

    @property
    def n_frames(self) -> int:
        """Frames of all sessions."""
        return sum(row.n_frames for row in self.rows)

    @property
    def verdicts(self) -> dict[str, int]:
        """Frames by verdict."""
        found: Counter[str] = Counter()
        for row in self.rows:
            found.update(dict(row.verdicts))
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def changes(self) -> dict[str, int]:
        """Sessions by how they compare."""
        return dict(sorted(Counter(c.change for c in self.comparisons or ()).items()))

    @property
    def regressions(self) -> tuple[Comparison, ...]:
        """What a gate must stop at."""
        return tuple(c for c in self.comparisons or () if c.is_regression)

    def to_json(self) -> dict[str, Any]:
        """For `batch.json`: the same batch, the same bytes."""
        told: dict[str, Any] = {
            "schema": 1,
            "archive": self.archive,
            "configuration": self.configuration,
            "sessions": self.counts,
            "frames": self.n_frames,
            "verdicts": self.verdicts,
            "rows": [row.to_json() for row in self.rows],
        }
        if self.comparisons is not None:
            told["baseline"] = {
                "changes": self.changes,
                "sessions": [asdict(c) for c in self.comparisons],
            }
        return told


def write_tables(folder: Path, batch: Batch) -> None:
    """Write `batch.json`, `batch.csv` and `batch.html` into `folder`."""
    text = json.dumps(batch.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / BATCH_NAME).write_text(text + "\n", encoding="utf-8")
    with (folder / "batch.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["session", "status", "frames", *VERDICTS, "first_ready_ms", "reason"])
        for row in batch.rows:
            verdicts = dict(row.verdicts)
            ready = "" if row.first_ready_ms is None else f"{row.first_ready_ms:.0f}"
            counts = [verdicts.get(verdict, 0) for verdict in VERDICTS]
            writer.writerow([row.name, row.status, row.n_frames, *counts, ready, row.reason])
    (folder / "batch.html").write_text(page(batch), encoding="utf-8", newline="\n")


def page(batch: Batch) -> str:
    """The page: overall, what changed, every session."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template(TEMPLATE_NAME)
    return template.render(
        batch=batch,
        verdicts=VERDICTS,
        by_name=_by_name(batch.comparisons),
        folder=results_folder,
    )


def _by_name(comparisons: Sequence[Comparison] | None) -> dict[str, Comparison]:
    return {c.name: c for c in comparisons or ()}
