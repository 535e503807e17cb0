"""`bench replay`: the sample session replayed again and again, each time in other surroundings.

Threads, locale, time zone and working folder differ from run to run; each is a process of its own.
Compared are the bytes of `records.jsonl` without `stage_ms`, and of `summary.json` without times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pipeline.benchmarks.findings import Findings, Goal, TextTable
from pipeline.benchmarks.machine import ROOT
from pipeline.benchmarks.threads import THREAD_VARIABLES
from recordings.progress import Report
from tracking.errors import FaultError

SAMPLES = ROOT / "recordings" / "samples"
LOCALES = ("C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8")
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia")
THREADS = (1, 2)
TIMEOUT_S = 900.0
N_HASH_SEEDS = 1000


@dataclass(frozen=True)
class ReplayRun:
    """One replay and the hash of what it wrote."""

    n_threads: int
    locale: str
    zone: str
    folder: str
    n_frames: int
    digest: str


def replay_bench(
    n_runs: int, seed: int, report: Report, *, last: int | None = None, segmenter: str = "onnx"
) -> Findings:
    """Replay `n_runs` times (frames 0 to `last`).

    Raises
    ------
    FaultError
        A replay failed.
    """
    runs = []
    with tempfile.TemporaryDirectory(prefix="replays-") as folder:
        for k in range(n_runs):
            runs.append(_run(Path(folder) / f"run {k}", k, seed, last, segmenter))
            report(k + 1, n_runs)
    return _findings(runs, segmenter)


def _run(folder: Path, k: int, seed: int, last: int | None, segmenter: str) -> ReplayRun:
    folder.mkdir()
    n_threads = THREADS[k % len(THREADS)]
    locale, zone = LOCALES[k // 2 % len(LOCALES)], ZONES[k // 3 % len(ZONES)]
    environment = {
        **os.environ,
        **dict.fromkeys(THREAD_VARIABLES, str(n_threads)),
        "LC_ALL": locale,
        "TZ": zone,
        "PYTHONHASHSEED": str((seed + k) % N_HASH_SEEDS),
    }
    sample = Path(os.path.relpath(SAMPLES, folder)) if k % 2 else SAMPLES
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[:n_threads]))
    command = [
        *("taskset", "-c", cores, sys.executable, str(ROOT / "run_tracker.py")),
        *("replay", str(sample / "docking.mcap"), "--rig", str(sample / "docking.rig.toml")),
        *("--plan", str(sample / "docking.plan.toml"), "--out", "out", "--no-video"),
        *("--segmenter", segmenter),
        *(() if last is None else ("--to", str(last))),
    ]
    done = subprocess.run(  # noqa: S603 - this interpreter, this project
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    if done.returncode != 0:
        raise FaultError(
            "A replay failed.",
            actual=done.stderr.strip()[-500:],
            remedy="See what the process said.",
        )
    n_frames, digest = digest_of(folder / "out")
    return ReplayRun(n_threads, locale, zone, "relative" if k % 2 else "absolute", n_frames, digest)


def digest_of(out: Path) -> tuple[int, str]:
    """Number of records, and hash of all that two runs must have in common."""
    content, n_frames = sha256(), 0
    for line in (out / "records.jsonl").read_bytes().splitlines():
        record = json.loads(line)
        del record["stage_ms"]
        content.update(json.dumps(record).encode())
        n_frames += 1
    summary = json.loads((out / "summary.json").read_bytes())
    summary.pop("times", None)
    content.update(json.dumps(summary).encode())
    return n_frames, content.hexdigest()


def _findings(runs: list[ReplayRun], segmenter: str) -> Findings:
    first = runs[0].digest
    rows = [
        (
            str(run.n_threads),
            run.locale,
            run.zone,
            run.folder,
            str(run.n_frames),
            "equal" if run.digest == first else "NOT EQUAL",
        )
        for run in runs
    ]
    n_other = sum(run.digest != first for run in runs)
    table = TextTable(
        f"Replays of the sample session, segmenter {segmenter}",
        ("threads", "locale", "zone", "paths", "frames", "bytes against the first"),
        rows,
        f"Two threads need two cores: here {len(os.sched_getaffinity(0))}. A locale that this "
        "computer does not have counts as C.",
    )
    goals = (Goal("replays with other bytes", float(n_other), 0.0),)
    return Findings((table,), goals, {"runs": [vars(r) for r in runs]}, is_failed=n_other > 0)
