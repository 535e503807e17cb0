"""An earlier batch to compare with: its folder, and the sessions of its last run.

A folder that is used again also holds results of sessions that have left the archive since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.results import BATCH_NAME, SESSIONS, ResultFolder
from tracking.errors import UsageError


@dataclass(frozen=True)
class Baseline:
    """What is compared with; `names`: the sessions of its last run."""

    folder: ResultFolder
    names: frozenset[str]


def read_baseline(path: Path) -> Baseline:
    """Read which sessions an earlier batch holds.

    Raises
    ------
    UsageError
        The folder is no batch, or its last run did not end.
    """
    if not (path / SESSIONS).is_dir():
        raise UsageError(
            f"--baseline: {path} is no batch.",
            expected=f"the --out of an earlier batch, with its folder {SESSIONS}",
            remedy="Run the batch of the version to compare with first.",
        )
    try:
        table = json.loads((path / BATCH_NAME).read_text(encoding="utf-8"))
        names = frozenset(str(row["name"]) for row in table["rows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"--baseline: {path} does not say which sessions it holds.",
            expected=f"the file {BATCH_NAME}, which a batch writes at its end",
            actual=str(error) or type(error).__name__,
            remedy="Run that batch again: it goes on where it was interrupted.",
        ) from error
    return Baseline(ResultFolder(path), names)
