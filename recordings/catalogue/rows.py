"""A session's facts as rows of the index. What a column cannot hold is cut, bounded or left out.

A file may say anything, and SQLite takes what PostgreSQL refuses: no file may stop a scan.
"""

from __future__ import annotations

from collections import Counter
from math import isfinite
from typing import Any

from sqlalchemy import BigInteger, Column, Integer

from recordings.catalogue.facts import SessionFacts
from recordings.catalogue.tables import COUNTS, QUANTITIES, SESSIONS
from recordings.naming import printable

Row = dict[str, Any]
COLUMNS_OF_FACTS = [column for column in SESSIONS.columns if column.name != "id"]
MOST, MOST_BIG = 2**31 - 1, 2**63 - 1  # of the whole numbers that a column holds
NUL = "\0"  # PostgreSQL holds none in a text


def session_row(facts: SessionFacts) -> Row:
    """The session itself, without its number."""
    return {c.name: _fitting(getattr(facts, c.name), c) for c in COLUMNS_OF_FACTS}


def count_rows(facts: SessionFacts, session_id: int) -> list[Row]:
    """Its frames by verdict and by reason; of names that are the same once they are cut the sum."""
    found: Counter[tuple[str, str]] = Counter()
    for kind, counts in (("verdict", facts.verdicts), ("reason", facts.reasons)):
        for name, n_frames in counts.items():
            found[kind, _fitting(name, COUNTS.c.name)] += n_frames
    return [
        {
            "session_id": session_id,
            "kind": kind,
            "name": name,
            "n_frames": _fitting(n_frames, COUNTS.c.n_frames),
        }
        for (kind, name), n_frames in found.items()
    ]


def quantity_rows(facts: SessionFacts, session_id: int) -> list[Row]:
    """Its quantities, those with finite numbers."""
    fitting = {_fitting(name, QUANTITIES.c.name): told for name, told in facts.quantities.items()}
    return [
        {"session_id": session_id, "name": name, "median": middle, "least": low, "largest": high}
        for name, (middle, low, high) in fitting.items()
        if all(map(isfinite, (middle, low, high)))
    ]


def _fitting(value: Any, column: Column[Any]) -> Any:  # noqa: ANN401 - a column's value
    """The value as the column holds it; a whole number beyond it is not known, or its limit."""
    if isinstance(value, str):
        return printable(value).replace(NUL, "")[: getattr(column.type, "length", None)]
    if not isinstance(value, int) or not isinstance(column.type, Integer):
        return value
    most = MOST_BIG if isinstance(column.type, BigInteger) else MOST
    if abs(value) <= most:
        return value
    return None if column.nullable else max(-most, min(most, value))
