"""Where a batch keeps its results: a folder a session, and what lets it be resumed.

OUT/sessions/NAME/{records.jsonl, summary.json, report.html, status.json}
OUT/batch.json, batch.csv, batch.html
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.batch.archive import SessionFile
from pipeline.batch.job import JobResult, Status
from recordings.naming import RESULT_NAMES, STATUS_NAME, printable, results_folder
from tracking.errors import UsageError

SESSIONS = "sessions"
BATCH_NAME = "batch.json"


@dataclass(frozen=True)
class SessionRow:
    """One session as the tables show it; quantities of a failed one are empty."""

    name: str
    status: Status
    reason: str
    content: str
    configuration: str
    software: str
    n_frames: int = 0
    verdicts: tuple[tuple[str, int], ...] = ()
    first_ready_ms: float | None = None

    def to_json(self) -> dict[str, Any]:
        """For `status.json` and `batch.json`."""
        return {**vars(self), "status": str(self.status), "verdicts": dict(self.verdicts)}


def row_from_json(table: Mapping[str, Any]) -> SessionRow:
    """Read a row again. Raises KeyError, TypeError or ValueError where it is none."""
    values = dict(table)
    values["status"] = Status(values["status"])
    values["verdicts"] = tuple((str(k), int(n)) for k, n in values["verdicts"].items())
    return SessionRow(**values)


class ResultFolder:
    """A batch's folder. Raises UsageError where it cannot be made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            (path / SESSIONS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"--out: the folder {path} cannot be written.",
                actual=error.strerror or str(error),
                remedy="Name another folder.",
            ) from error

    def session(self, name: str) -> Path:
        """Where one session's results lie."""
        return self.path / SESSIONS / results_folder(name)

    def finished(self, session: SessionFile, configuration: str) -> SessionRow | None:
        """The row of a session that is done already: the same `content`, same configuration."""
        row = self.row(session.name)
        if row is None or row.status is Status.FAILED:
            return None
        is_same = (row.content, row.configuration) == (session.content, configuration)
        return row if is_same and (self.session(session.name) / "records.jsonl").exists() else None

    def row(self, name: str) -> SessionRow | None:
        """The row of any earlier run; None where there is none to be read."""
        try:
            text = (self.session(name) / STATUS_NAME).read_text(encoding="utf-8")
            return row_from_json(json.loads(text))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, result: JobResult) -> SessionRow:
        """Write what a session came to, its status last: without one it is not finished.

        Other sessions' folders may lie in its own, and stay.
        """
        folder, row = self.session(result.name), _row(result)
        folder.mkdir(parents=True, exist_ok=True)
        for name in (STATUS_NAME, *RESULT_NAMES):
            (folder / name).unlink(missing_ok=True)
        if result.status is not Status.FAILED:
            packed = (result.records, result.summary, result.report)
            for name, data in zip(RESULT_NAMES, packed, strict=True):
                _write(folder / name, zlib.decompress(data))
        text = json.dumps(row.to_json(), indent=2, ensure_ascii=False)
        _write(folder / STATUS_NAME, (text + "\n").encode())
        return row


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing."""
    fresh = path.with_name(f".{path.name}.unfinished")
    fresh.write_bytes(data)
    fresh.replace(path)


def _row(result: JobResult) -> SessionRow:
    known = (result.name, result.status, printable(result.reason), result.content)
    ids = (result.configuration, result.software)
    if result.status is Status.FAILED:
        return SessionRow(*known, *ids)
    summary = json.loads(zlib.decompress(result.summary))
    first = summary["first_ready"]
    return SessionRow(
        *known,
        *ids,
        n_frames=int(summary["frames"]),
        verdicts=tuple((str(k), int(n)) for k, n in summary["verdicts"].items()),
        first_ready_ms=None if first is None else float(first["after_ms"]),
    )
