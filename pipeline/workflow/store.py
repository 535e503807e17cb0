"""What people did in a session, kept in its folder: a restart knows what was chosen and drawn.

One JSON line each, written before the command is answered. What only the running process knew, the
survey that carries an outline, is gone with it: outlines come back as lost, and have to be drawn
again. A line that is torn ends what is read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tracking.errors import UsageError

FILE_NAME = "workflow.jsonl"
MAX_BYTES = 16 << 20


class WorkflowStore:
    """Raises UsageError where the file cannot be read or opened."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self.earlier = self._read()
        try:
            self._file = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise _unusable(self._path, error) from error
        if self.earlier.is_torn:
            self._file.write("\n")

    def add(self, entry: dict[str, Any]) -> None:
        """Write one line. Raises OSError."""
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()

    def _read(self) -> Earlier:
        try:
            if not self._path.exists():
                return Earlier([])
            with self._path.open("rb") as stream:
                text = stream.read(MAX_BYTES).decode("utf-8", "replace")
        except OSError as error:
            raise _unusable(self._path, error) from error
        entries: list[dict[str, Any]] = []
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                continue  # torn by a crash; what came after it is whole
            if isinstance(entry, dict) and isinstance(entry.get("kind"), str):
                entries.append(entry)
        return Earlier(entries, is_torn=bool(text) and not text.endswith("\n"))


class Earlier(list[dict[str, Any]]):
    """Lines of an earlier process, oldest first; `is_torn`: the last one was cut."""

    def __init__(self, entries: list[dict[str, Any]], *, is_torn: bool = False) -> None:
        super().__init__(entries)
        self.is_torn = is_torn


def _unusable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"The session's workflow {path} cannot be used.",
        actual=error.strerror or str(error),
        remedy="Use another --session folder.",
    )
