"""`bench batch`: an archive in an object store, one by one, by one worker and by two.

The store is moto's server on this computer (it answers as S3 does), the sessions are simulated
clips of which every tenth is another one. One worker and two take turns over parts of the archive,
so that both meet the computer's quick and slow minutes. One of the two is killed on the way, and
three files are broken.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from pipeline.batch.archive import SessionFile, list_sessions
from pipeline.batch.job import Configuration, Job, Status, run_job
from pipeline.batch.results import ResultFolder, SessionRow
from pipeline.batch.run import Cluster, local_workers, run_batch
from pipeline.benchmarks.findings import Findings, Goal, TextTable
from pipeline.benchmarks.object_store import object_store
from pipeline.config.catalogue_file import read_catalogue
from recordings.progress import Report
from recordings.simulation.simulate import simulate

N_CLIPS, N_FRAMES = 10, 40
N_TURNS = 4
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

        alone = _one_by_one(sessions, configuration, _part(report, 0, total))
        one, two = (
            stack.enter_context(Workers(n, ResultFolder(folder / name), configuration))
            for n, name in ((1, "one"), (2, "two"))
        )
        n_done = len(sessions)
        for turn in range(N_TURNS):
            part = sessions[turn::N_TURNS]
            for workers in (one, two) if turn % 2 == 0 else (two, one):
                kills = workers is two and turn == N_TURNS // 2
                workers.run(part, _part(report, n_done, total), kills=kills)
                n_done += len(part)
        differing = _differing(sessions, one.out, two.out, alone, folder)
    return _findings(one, two, differing)


class Workers:
    """Workers of one computer that run a part of the archive at a time; as a context, until then.

    Attributes
    ----------
    seconds : list of float
        Their start, then each part.
    n_killed : int
    """

    def __init__(self, n: int, out: ResultFolder, configuration: Configuration) -> None:
        self.n = n
        self.out = out
        self.configuration = configuration
        self.rows: list[SessionRow] = []
        self.seconds: list[float] = []
        self.n_killed = 0

    def __enter__(self) -> Workers:
        begun = time.monotonic()
        self._cluster = local_workers(self.n)
        self.seconds.append(time.monotonic() - begun)
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.close()

    def run(self, part: Sequence[SessionFile], report: Report, *, kills: bool) -> None:
        """Run a part; `kills`: one worker dies when a third of it is done."""

        def told(done: int, total: int | None) -> None:
            if kills and not self.n_killed and done >= len(part) // 3:
                os.kill(next(iter(self._cluster.workers.values())).pid, signal.SIGKILL)
                self.n_killed += 1
            report(done, total)

        begun = time.monotonic()
        cluster = Cluster(self._cluster.scheduler_address)
        self.rows += run_batch(part, self.configuration, self.out, cluster, told)
        self.seconds.append(time.monotonic() - begun)


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


def _one_by_one(
    sessions: tuple[SessionFile, ...], configuration: Configuration, report: Report
) -> dict[str, bytes]:
    """Records of every session, run in this process."""
    found = {}
    for done, s in enumerate(sessions, start=1):
        result = run_job(Job(s.name, s.urls, s.content, configuration))
        found[s.name] = zlib.decompress(result.records) if result.records else b""
        report(done, len(sessions))
    return found


def _differing(
    sessions: tuple[SessionFile, ...],
    one: ResultFolder,
    two: ResultFolder,
    alone: dict[str, bytes],
    folder: Path,
) -> int:
    """Sessions whose records differ between any two of the three runs, times left out."""
    from pipeline.batch.compare import compare_records

    n_differing = 0
    for session in sessions:
        kept = folder / "alone.jsonl"
        kept.write_bytes(alone[session.name])
        for out in (one, two):
            path = out.session(session.name) / "records.jsonl"
            if not path.exists():
                n_differing += bool(alone[session.name])
                continue
            n_differing += compare_records(session.name, path, kept).change != "same"
    return n_differing


def _findings(one: Workers, two: Workers, differing: int) -> Findings:
    def done(workers: Workers) -> int:
        return sum(row.status is Status.DONE for row in workers.rows)

    def row(name: str, workers: Workers) -> tuple[str, ...]:
        start, *turns = workers.seconds
        return (
            name,
            f"{len(workers.rows)}",
            f"{done(workers)}",
            f"{start:.1f}",
            " ".join(f"{turn:.1f}" for turn in turns),
            f"{sum(workers.seconds):.1f}",
            f"{sum(one.seconds) / sum(workers.seconds):.2f}",
        )

    table = TextTable(
        "Batch over an object store, simulation",
        ("", "files", "done", "start, s", "turns, s", "in all, s", "times faster"),
        (row("one worker", one), row("two workers, one killed", two)),
        f"Clips of {N_FRAMES} frames, stored labels; three files are broken on purpose. The one "
        f"worker has both cores to itself. {N_TURNS} turns; who begins alternates.",
    )
    n_whole = len(one.rows) - len(BROKEN)
    goals = (
        Goal("sessions done, one worker", float(done(one)), float(n_whole), is_most=False),
        Goal(
            "sessions done, two workers and a death",
            float(done(two)),
            float(n_whole),
            is_most=False,
        ),
        Goal("workers killed", float(two.n_killed), 1.0, is_most=False),
        Goal("sessions that differ between the runs", float(differing), 0.0),
        Goal(
            "times faster with two workers",
            sum(one.seconds) / sum(two.seconds),
            SPEED_UP,
            is_most=False,
        ),
    )
    return Findings((table,), goals, {"one_s": one.seconds, "two_s": two.seconds})
