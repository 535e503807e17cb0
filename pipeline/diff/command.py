"""Compares what two paths name."""

from __future__ import annotations

from pathlib import Path

from pipeline.diff.compare import compare_runs
from pipeline.diff.page import Entry
from pipeline.diff.picture import draw
from pipeline.diff.records import pairs, read_records
from tracking.errors import SourceError


def compare_all(a: Path, b: Path, *, with_pictures: bool) -> list[Entry]:
    """Every session of both sides, by name; pictures of those that differ, and of a single pair.

    Raises
    ------
    TrackerError
        A side cannot be read; of archives, a session that cannot be has its `failure`.
    """
    entries = []
    found = pairs(a, b)
    for pair in found:
        if pair.a is None or pair.b is None:
            entries.append(Entry(pair.name, None, only_a=pair.a is not None))
            continue
        try:
            one, two = read_records(pair.a), read_records(pair.b)
        except SourceError as error:
            if len(found) == 1:
                raise
            told = f"{error.what} {error.actual}".rstrip()
            entries.append(Entry(pair.name, None, failure=told))  # the others are compared
            continue
        diff = compare_runs(one, two)
        is_drawn = with_pictures and (not diff.is_same or len(found) == 1)
        entries.append(Entry(pair.name, diff, png=draw(one, two) if is_drawn else b""))
    return entries
