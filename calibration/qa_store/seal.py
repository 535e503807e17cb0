"""A digest over a finished run: a row that was damaged or edited no longer fits it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from calibration.qa.run_record import RunResult, RunStart


def seal_of(start: RunStart, result: RunResult) -> str:
    """SHA-256 of everything of a run, its pictures by their own digests."""
    body = {
        "start": asdict(start),
        "finished_ns": result.finished_ns,
        "outcome": result.outcome,
        "metrics": [[m.name, _repr(m.value), m.unit, _repr(m.sigma)] for m in result.metrics],
        "checks": [{**asdict(c), "value": _stored(c.value)} for c in result.checks],
        "pictures": [[p.name, hashlib.sha256(p.png).hexdigest()] for p in result.pictures],
        "versions": [list(pair) for pair in result.versions],
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _repr(value: float | None) -> str:
    return repr(_stored(value))


def _stored(value: float | None) -> float | None:
    """As a database gives it back: SQLite keeps no negative zero."""
    return None if value is None else value + 0.0
