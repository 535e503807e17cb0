"""`bench batch`: an archive in an object store, run by one worker, by two, and one by one.

The store is moto's server on this computer (it answers as S3 does), the sessions are simulated
clips of which every tenth is another one. During the run with two workers one is killed, and
three files are broken.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pipeline.batch.archive import SessionFile, list_sessions
from pipeline.batch.job import Configuration, Job, Status, run_job
from pipeline.batch.results import ResultFolder, SessionRow
from pipeline.batch.run import Cluster, run_batch
from pipeline.benchmarks.findings import Findings, Goal, Report, TextTable
from pipeline.benchmarks.object_store import object_store
from pipeline.config.catalogue_file import read_catalogue
from recordings.simulation.simulate import simulate

N_CLIPS, N_FRAMES = 10, 40
BROKEN = {"broken/junk": b"not a session", "broken/empty": b"", "broken/magic": b"\x89MCAP0\r\n"}
BUCKET = "archive"
SPEED_UP = 1.7


def batch_bench(n_sessions: int, seed: int, report: Report) -> Findings:
    """Run `n_sessions` three times; the broken files come beside them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        put = stack.enter_context(object_store(BUCKET))
        _fill(put, folder, n_sessions, seed)
        sessions = list_sessions(f"s3://{BUCKET}")
        configuration = _configuration()
        total = 3 * len(sessions)

        one_s, one = _timed(sessions, configuration, folder / "one", 1, _part(report, 0, total))
        killed: list[int] = []
        both_report = _part(report, len(sessions), total)
        two_s, two = _timed_with_a_death(
            sessions, configuration, folder / "two", both_report, killed
        )
        alone = _one_by_one(sessions, configuration, _part(report, 2 * len(sessions), total))
        differing = _differing(sessions, folder, alone)
    return _findings(one, two, one_s, two_s, killed, differing)


def _part(report: Report, before: int, total: int) -> Report:
    return lambda done, _: report(before + done, total)


def _fill(put: Callable[[str, bytes], None], folder: Path, n_sessions: int, seed: int) -> None:
    applicators = read_catalogue(None).applicators
    clips = []
    for k in range(min(N_CLIPS, n_sessions)):
        path = folder / f"clip{k}.mcap"
        simulate("docking-small", N_CLIPS * seed + k, path, applicators, n_frames=N_FRAMES)
        clips.append(path.read_bytes())
    for k in range(n_sessions):
        put(f"day-{k // 50}/session-{k:03d}.mcap", clips[k % len(clips)])
    for name, data in BROKEN.items():
        put(f"{name}.mcap", data)


def _configuration() -> Configuration:
    from models.loading import load_segmenter

    model = load_segmenter("masks").model_id
    return Configuration(None, None, None, None, "masks", model)


def _timed(
    sessions: tuple[SessionFile, ...],
    configuration: Configuration,
    out: Path,
    n_workers: int,
    report: Report,
) -> tuple[float, list[SessionRow]]:
    begun = time.monotonic()
    cluster = Cluster(n_workers=n_workers)
    rows = run_batch(sessions, configuration, ResultFolder(out), cluster, report)
    return time.monotonic() - begun, rows


def _timed_with_a_death(
    sessions: tuple[SessionFile, ...],
    configuration: Configuration,
    out: Path,
    report: Report,
    killed: list[int],
) -> tuple[float, list[SessionRow]]:
    """With two workers, one of which is killed after a third of the sessions."""
    from distributed import LocalCluster

    begun = time.monotonic()
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=None,
        silence_logs=50,
        host="127.0.0.1",
    ) as local:

        def kill_one(done: int, total: int | None) -> None:
            if not killed and done >= len(sessions) // 3:
                worker = next(iter(local.workers.values()))
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)
            report(done, total)

        cluster = Cluster(local.scheduler_address)
        rows = run_batch(sessions, configuration, ResultFolder(out), cluster, kill_one)
        return time.monotonic() - begun, rows


def _one_by_one(
    sessions: tuple[SessionFile, ...], configuration: Configuration, report: Report
) -> dict[str, bytes]:
    """Records of every session, run in this process."""
    found = {}
    for done, s in enumerate(sessions, start=1):
        result = run_job(Job(s.name, s.url, s.content, configuration))
        found[s.name] = zlib.decompress(result.records) if result.records else b""
        report(done, len(sessions))
    return found


def _differing(sessions: tuple[SessionFile, ...], folder: Path, alone: dict[str, bytes]) -> int:
    """Sessions whose records differ between any two of the three runs, times left out."""
    from pipeline.batch.compare import compare_records

    n_differing = 0
    for session in sessions:
        kept = folder / "alone.jsonl"
        kept.write_bytes(alone[session.name])
        for run in ("one", "two"):
            path = ResultFolder(folder / run).session(session.name) / "records.jsonl"
            if not path.exists():
                n_differing += bool(alone[session.name])
                continue
            n_differing += compare_records(session.name, path, kept).change != "same"
    return n_differing


def _findings(
    one: list[SessionRow],
    two: list[SessionRow],
    one_s: float,
    two_s: float,
    killed: list[int],
    differing: int,
) -> Findings:
    def done(rows: list[SessionRow]) -> int:
        return sum(row.status is Status.DONE for row in rows)

    rows = [
        ("one worker", f"{len(one)}", f"{done(one)}", f"{one_s:.1f}", "1.00"),
        (
            "two workers, one killed",
            f"{len(two)}",
            f"{done(two)}",
            f"{two_s:.1f}",
            f"{one_s / two_s:.2f}",
        ),
    ]
    table = TextTable(
        "Batch over an object store, simulation",
        ("", "files", "done", "seconds", "times faster"),
        rows,
        f"Clips of {N_FRAMES} frames, stored labels; three files are broken on purpose. Seconds "
        "hold the start of the workers.",
    )
    n_whole = len(one) - len(BROKEN)
    goals = (
        Goal("sessions done, one worker", float(done(one)), float(n_whole), is_most=False),
        Goal(
            "sessions done, two workers and a death",
            float(done(two)),
            float(n_whole),
            is_most=False,
        ),
        Goal("workers killed", float(len(killed)), 1.0, is_most=False),
        Goal("sessions that differ between the runs", float(differing), 0.0),
        Goal("times faster with two workers", one_s / two_s, SPEED_UP, is_most=False),
    )
    return Findings((table,), goals, {"one_s": one_s, "two_s": two_s})
