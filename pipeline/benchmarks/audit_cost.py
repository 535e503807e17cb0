"""What one entry costs the tracking loop: fsync in the loop, against a thread that writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from pipeline.audit.append_file import AppendFile
from pipeline.audit.canonical import JsonValue
from pipeline.audit.chain import Chain
from pipeline.audit.keys import SigningKey
from pipeline.audit.kinds import AuditKind
from pipeline.audit.log import AuditLog
from pipeline.audit.naming import log_name
from pipeline.benchmarks.audit_scene import session_start
from pipeline.benchmarks.findings import TextTable

N_APPENDS = 600
PAUSE_S = 0.01  # an entry at a time, as frames come, three times as fast
BODY: Mapping[str, JsonValue] = {
    "frame_index": 1,
    "stamp_ns": 1,
    "from": "HOLD",
    "to": "READY",
    "reasons": [],
}


def cost_table(folder: Path, key: SigningKey) -> tuple[TextTable, dict[str, list[float]]]:
    """Time appends one by one; every entry is a change of READY, so every one is signed."""
    samples = {
        "in the loop: seal, sign, write, fsync": _in_loop(folder, key),
        **_in_background(folder, key),
    }
    rows = []
    data: dict[str, list[float]] = {}
    for name, seconds in samples.items():
        figures = [float(f) for f in np.percentile(np.array(seconds) * 1e3, (50, 99, 100))]
        data[name] = figures
        rows.append((name, *(f"{figure:.3f}" for figure in figures)))
    table = TextTable(
        f"Milliseconds an entry, {N_APPENDS} entries",
        ("where", "p50", "p99", "most"),
        rows,
        "Every entry changes READY and is signed. Other work on the machine shows in p99 and most.",
    )
    return table, data


def _timed(append: Callable[[], object]) -> list[float]:
    seconds = []
    for _ in range(N_APPENDS):
        begun = time.perf_counter()
        append()
        seconds.append(time.perf_counter() - begun)
        time.sleep(PAUSE_S)
    return seconds


def _in_loop(folder: Path, key: SigningKey) -> list[float]:
    chain = Chain("s-loop", key)
    file = AppendFile(folder / "loop.jsonl", is_new=True)

    def append() -> None:
        entries = chain.next(AuditKind.VERDICT, BODY, time.monotonic_ns(), None)
        file.append(b"".join(entry.line() for entry in entries))

    try:
        return _timed(append)
    finally:
        file.close()


def _in_background(folder: Path, key: SigningKey) -> dict[str, list[float]]:
    """What the loop waits for, and how long after it the disk has the entry."""
    path = folder / log_name("s-thread")
    durable: list[float] = []
    with AuditLog.open(path, "s-thread", key, None, session_start()) as log:

        def append() -> None:
            log.append(AuditKind.VERDICT, BODY)

        waits = _timed(append)
        for _ in range(N_APPENDS):
            begun = time.perf_counter()
            ticket = log.append(AuditKind.VERDICT, BODY)
            while not log.is_durable(ticket):
                time.sleep(0.0002)
            durable.append(time.perf_counter() - begun)
    return {
        "in the loop with the writer thread: hand over": waits,
        "with the writer thread: until the disk has it": durable,
    }
