"""`records.jsonl`: one line for each frame, in the contract's order of keys."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.sinks.sink import FrameResult
from tracking.record import FrameRecord


def record_line(record: FrameRecord) -> str:
    """The record as JSON in one line. Raises ValueError on NaN: no record may hold one."""
    return json.dumps(record.to_json(), allow_nan=False, ensure_ascii=False)


class RecordsSink:
    """Writes every record as it comes; what is written stays readable after a crash."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def emit(self, result: FrameResult) -> None:
        """Write one line. Raises ValueError on NaN: no record may hold one."""
        self._file.write(record_line(result.record) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()
