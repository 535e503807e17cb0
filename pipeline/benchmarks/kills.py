"""`bench kills`: recordings at 30 fps that are killed, on a machine that does nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from pipeline.benchmarks.findings import Findings, Goal, TextTable, percentiles, share
from pipeline.benchmarks.recording_kills import Kill, kill_once, moments
from recordings.progress import Report

N_KILLS = 300
MAX_LOST = 3  # frames, p99


def kills_bench(n_kills: int, seed: int, report: Report) -> Findings:
    """Kill so often."""
    kills = killed(n_kills, np.random.default_rng(seed), report)
    goals = kill_goals(kills)
    told = {"kills": [vars(kill) for kill in kills]}
    is_failed = any(not goal.is_met for goal in goals)
    return Findings((kill_table(kills),), goals, told, is_failed=is_failed)


def killed(n_kills: int, rng: np.random.Generator, report: Report) -> list[Kill]:
    """Begin recordings and kill each at another moment; the session and its writer in turn."""
    kills = []
    with tempfile.TemporaryDirectory() as folder:
        for k, after_s in enumerate(moments(n_kills, rng)):
            path = Path(folder) / f"killed-{k}.mcap"
            kills.append(kill_once(path, of_writer=k % 2 == 1, after_s=after_s))
            path.unlink(missing_ok=True)
            report(k + 1, n_kills)
    return kills


def kill_goals(kills: list[Kill]) -> list[Goal]:
    """What must be met."""
    lost = [kill.n_lost for kill in kills if kill.n_lost is not None]
    opened = share(len(lost), len(kills))
    return [
        Goal("frames lost by kill -9 at 30 fps, p99", _p99(lost), MAX_LOST),
        Goal("recordings that open after kill -9, fraction", opened, 1.0, False),
    ]


def kill_table(kills: list[Kill]) -> TextTable:
    """Frames lost, by what was killed."""
    rows = []
    for name, of_writer in (("session", False), ("writer, then session", True)):
        own = [kill for kill in kills if kill.of_writer is of_writer]
        lost = [kill.n_lost for kill in own if kill.n_lost is not None]
        handed = [kill.n_handed for kill in own]
        rows.append(
            (
                name,
                str(len(own)),
                str(len(lost)),
                percentiles(handed, (50,), 0),
                percentiles(lost, (50, 99, 100), 1),
            )
        )
    header = ("killed", "times", "opens", "frames handed, p50", "lost p50 / p99 / max")
    caption = "848x480 at 30 fps, a tilted plane with a stereo camera's noise, and colour."
    return TextTable("Recordings that were killed (SIGKILL)", header, rows, caption)


def _p99(lost: list[int]) -> float | None:
    return float(np.percentile(lost, 99)) if lost else None
