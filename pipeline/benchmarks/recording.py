"""`bench recording`: sessions cut everywhere, and with flipped bits, and killed.

What was recorded is compared with what is read: no frame may be another than the one that was
written, and every whole frame before a cut must be there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.benchmarks.findings import RULE_OF_THREE, Findings, Goal, TextTable
from pipeline.benchmarks.kills import N_KILLS, kill_goals, kill_table, killed
from pipeline.benchmarks.recording_kills import Kill
from pipeline.benchmarks.recording_scene import (
    are_same,
    frame_ends,
    header_end,
    noise_session,
    read_bytes,
)
from recordings.progress import Report
from tracking.frame import SourceFrame

FULL = 100_000  # flips; cuts and random cuts are as many as they must be at this size
HEAD_BYTES = 64 * 1024
N_RANDOM = 1000
N_FRAMES, N_FLIPPED_FRAMES = 40, 6
REPORT_EVERY = 100


@dataclass
class _Tally:
    """What came of damaged files of one kind."""

    n_files: int = 0
    n_refused: int = 0
    n_silent: int = 0  # fewer frames than written, or other ones, and no damage said
    n_wrong: int = 0
    n_missing: int = 0
    n_crashed: int = 0
    crashes: list[str] = field(default_factory=list)


def recording_bench(n_flips: int, seed: int, report: Report) -> Findings:
    """Cut and flip; `n_flips` of 100,000 scales the cuts too."""
    part = min(1.0, n_flips / FULL)
    n_head, n_random = round(HEAD_BYTES * part), max(1, round(N_RANDOM * part))
    total = 2 * (n_head + n_random) + n_flips
    rng = np.random.default_rng(seed)
    tallies: dict[str, _Tally] = {}
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        for each_frame in (False, True):
            name = "cut, a chunk a frame" if each_frame else "cut, chunks of 256 KiB"
            data = noise_session(
                Path(folder) / f"{each_frame}.mcap", N_FRAMES, seed, each_frame=each_frame
            )
            tallies[name] = tally = _Tally()
            for _ in _cuts(data, n_head, n_random, rng, tally):
                done += 1
                _tell(report, done, total)
        data = noise_session(Path(folder) / "flips.mcap", N_FLIPPED_FRAMES, seed, each_frame=True)
        tallies["one bit flipped"] = tally = _Tally()
        for _ in _flips(data, n_flips, rng, tally):
            done += 1
            _tell(report, done, total)
    kills = killed(max(2, round(N_KILLS * part)), rng, report)
    return _findings(tallies, kills)


def _cuts(
    data: bytes, n_head: int, n_random: int, rng: np.random.Generator, tally: _Tally
) -> Iterator[None]:
    written, ends, refused_below = _written(data), frame_ends(data), header_end(data)
    head = np.linspace(0, HEAD_BYTES - 1, n_head).round().astype(int).tolist()
    places = [*head, *rng.integers(HEAD_BYTES, len(data), n_random).tolist()]
    for place in places:
        found = _read(data[:place], tally)
        n_due = sum(end <= place for end in ends)
        if found is None:
            tally.n_missing += place >= refused_below
        else:
            frames, damage = found
            tally.n_missing += max(0, n_due - len(frames))
            tally.n_wrong += not are_same(frames, written)
            tally.n_silent += not damage
        yield


def _flips(data: bytes, n_flips: int, rng: np.random.Generator, tally: _Tally) -> Iterator[None]:
    written = _written(data)
    for _ in range(n_flips):
        flipped = bytearray(data)
        flipped[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
        found = _read(bytes(flipped), tally)
        if found is not None:
            frames, damage = found
            tally.n_wrong += not are_same(frames, written)
            tally.n_silent += len(frames) < len(written) and not damage
        yield


def _written(data: bytes) -> list[SourceFrame]:
    found = read_bytes(data)
    if found is None or found[1]:
        raise RuntimeError("the undamaged session cannot be read")
    return found[0]


def _read(data: bytes, tally: _Tally) -> tuple[list[SourceFrame], str] | None:
    tally.n_files += 1
    try:
        found = read_bytes(data)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and shown
        tally.n_crashed += 1
        tally.crashes.append(f"{type(error).__name__}: {error}")
        return None
    tally.n_refused += found is None
    return found


def _tell(report: Report, done: int, total: int) -> None:
    if done % REPORT_EVERY == 0 or done == total:
        report(done, total)


def _findings(tallies: dict[str, _Tally], kills: list[Kill]) -> Findings:
    header = ("damage", "files", "refused", "crashed", "wrong frame", "frame missing", "not said")
    rows = [
        (
            name,
            str(t.n_files),
            str(t.n_refused),
            str(t.n_crashed),
            str(t.n_wrong),
            str(t.n_missing),
            str(t.n_silent),
        )
        for name, t in tallies.items()
    ]
    n_flips = tallies["one bit flipped"].n_files
    caption = (
        "Refused: the session's header is cut or damaged. Missing: whole before the cut, and not "
        f"read. None of {n_flips} flips: at most {RULE_OF_THREE / max(1, n_flips):.1e} with 95 %."
    )
    goals = [
        Goal("files that crash the reader", _sum(tallies, "n_crashed"), 0),
        Goal("files that yield a wrong frame", _sum(tallies, "n_wrong"), 0),
        Goal("whole frames before a cut that are missing", _sum(tallies, "n_missing"), 0),
        Goal("damaged files that say nothing of it", _sum(tallies, "n_silent"), 0),
    ]
    goals += kill_goals(kills)
    data = {name: vars(t) for name, t in tallies.items()}
    failed = any(not goal.is_met for goal in goals)
    table = TextTable("Recordings that were cut and damaged", header, rows, caption)
    told = {"damage": data, "kills": [vars(kill) for kill in kills]}
    return Findings((table, kill_table(kills)), goals, told, is_failed=failed)


def _sum(tallies: dict[str, _Tally], name: str) -> float:
    return float(sum(getattr(tally, name) for tally in tallies.values()))
