"""`bench supervisor`: how long READY outlives what it rests on, at the far end of the output.

Real processes, real signals, this machine's scheduler and load. The far ends are the reference
client and the reference relay; a machine's interlock and a contact's own time come on top. A relay
cannot tell a killed supervisor from a stopped one, so those trials are not run twice.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.benchmarks.findings import Findings, Goal, TextTable
from pipeline.benchmarks.supervisor_ends import ComputerEnd, End, RelayEnd
from pipeline.benchmarks.supervisor_trials import Fall, Trials
from recordings.progress import Report

GOAL_MS = 130.0  # dead or stopped process to not ready, p99.9
WHICH = (50.0, 99.0, 99.9, 100.0)
P99_9 = 2


@dataclass(frozen=True)
class Row:
    """One kind of event at one far end."""

    event: str
    end: str
    has_goal: bool
    falls: Sequence[Fall]

    @property
    def from_event_ms(self) -> list[float]:
        """The percentiles of `WHICH`."""
        return _percentiles([fall.from_event_ms for fall in self.falls])

    @property
    def from_renewal_ms(self) -> list[float]:
        """The percentiles of `WHICH`."""
        return _percentiles([fall.from_renewal_ms for fall in self.falls])


def run_supervisor_bench(n_trials: int, seed: int, report: Report) -> Findings:
    """Run `n_trials` of each kind."""
    n_done = 0

    def tick() -> None:
        nonlocal n_done
        n_done += 1
        report(n_done, len(_kinds()) * n_trials)

    rows = []
    for event, end_name, has_goal, run in _kinds():
        with tempfile.TemporaryDirectory(prefix="lease-") as folder:
            make_end: Callable[[], End]
            make_end = partial(ComputerEnd, Path(folder)) if end_name == COMPUTER else RelayEnd
            falls = run(Trials(n_trials, seed, Path(folder), make_end, tick))
        rows.append(Row(event, end_name, has_goal, falls))
    return findings(rows)


COMPUTER, RELAY = "second computer", "relay"
Run = Callable[[Trials], list[Fall]]


def _kinds() -> list[tuple[str, str, bool, Run]]:
    """Event, far end, whether the goal speaks of it, and the trials."""
    return [
        ("NOT READY said", COMPUTER, False, Trials.not_ready),
        ("NOT READY said", RELAY, False, Trials.not_ready),
        ("session stopped", COMPUTER, True, Trials.session_stopped),
        ("session stopped", RELAY, True, Trials.session_stopped),
        ("session killed", COMPUTER, True, Trials.session_killed),
        ("supervisor stopped", COMPUTER, True, Trials.supervisor_stopped),
        ("supervisor stopped", RELAY, True, Trials.supervisor_stopped),
        ("supervisor killed", COMPUTER, True, Trials.supervisor_killed),
    ]


def findings(rows: Sequence[Row]) -> Findings:
    """Table, goals and data of the trials."""
    table = TextTable(
        "From the event, and from the issue of the last renewal, to not ready at the far end, ms: "
        "p50 / p99 / p99.9 / greatest",
        ("event", "far end", "trials", "from the event", "from the last renewal"),
        [
            (
                row.event,
                row.end,
                str(len(row.falls)),
                _shown(row.from_event_ms),
                _shown(row.from_renewal_ms),
            )
            for row in rows
        ],
        "Real processes and signals, 30 decisions a second. The far ends are models, reference "
        "client and reference relay, with deadlines of their own. "
        f"Load average at the end: {os.getloadavg()[0]:.1f}.",
    )
    goals = [
        Goal(f"{row.event}, {row.end}: p99.9, ms", row.from_event_ms[P99_9], GOAL_MS)
        for row in rows
        if row.has_goal
    ]
    data = {
        "percentiles": list(WHICH),
        "rows": [
            {
                "event": row.event,
                "end": row.end,
                "trials": len(row.falls),
                "from_event_ms": row.from_event_ms,
                "from_renewal_ms": row.from_renewal_ms,
            }
            for row in rows
        ],
    }
    return Findings((table,), goals, data)


def _percentiles(values: Sequence[float]) -> list[float]:
    return [float(value) for value in np.percentile(values, WHICH)]


def _shown(values: Sequence[float]) -> str:
    return " / ".join(f"{value:.1f}" for value in values)
