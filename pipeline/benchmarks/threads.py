"""Whether registration gives the same bytes with one thread and two, and when repeated.

Each run is a process of its own: the numbers of threads are read when the libraries load.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from pipeline.benchmarks.findings import Findings, TextTable
from pipeline.benchmarks.machine import ROOT
from pipeline.benchmarks.pose_error import cone_model
from recordings.progress import Report
from recordings.simulation.views import ViewKind, random_view
from tracking.arrays import Float
from tracking.errors import FaultError
from tracking.register import register
from tracking.registration import Registration

N_VIEWS = 6
N_REPEATS = 2
THREAD_COUNTS = (1, 2)
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Run:
    """One process: its threads, and a hash of each view's results."""

    n_threads: int
    digests: tuple[str, ...]


def compare_threads(seed: int, report: Report, n_views: int = N_VIEWS) -> Findings:
    """Register the same views in processes with different numbers of threads.

    Raises
    ------
    FaultError
        A process failed.
    """
    counts = [n for n in THREAD_COUNTS for _ in range(N_REPEATS)]
    runs = []
    for done, n_threads in enumerate(counts, start=1):
        runs.append(Run(n_threads, _run_process(n_threads, seed, n_views)))
        report(done, len(counts))
    return findings(runs)


def findings(runs: Sequence[Run]) -> Findings:
    """Compare every run with the first one."""
    first = runs[0].digests
    rows = [
        (str(run.n_threads), "equal" if run.digests == first else _difference(run.digests, first))
        for run in runs
    ]
    is_equal = all(run.digests == first for run in runs)
    table = TextTable(
        f"Simulated views, 848x480, true masks: bytes of {len(first)} registrations",
        ("threads", "against the first run"),
        rows,
        "Each view without a start and then tracked from it. Two threads need two cores: here "
        f"{len(os.sched_getaffinity(0))}.",
    )
    data: dict[str, object] = {"runs": [vars(run) for run in runs], "equal": is_equal}
    return Findings(tables=(table,), goals=(), data=data, is_failed=not is_equal)


def _difference(digests: Sequence[str], first: Sequence[str]) -> str:
    views = [str(i) for i, (a, b) in enumerate(zip(digests, first, strict=True)) if a != b]
    return f"NOT EQUAL: view {', '.join(views)}"


def _run_process(n_threads: int, seed: int, n_views: int) -> tuple[str, ...]:
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(n_threads))
    command = [sys.executable, "-m", __name__, str(n_threads), str(seed), str(n_views)]
    result = subprocess.run(  # noqa: S603 - this interpreter, this module
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    if result.returncode != 0:
        raise FaultError(
            f"registering with {n_threads} threads failed",
            actual=result.stderr.strip()[-500:],
            remedy="see what the process said",
        )
    return tuple(result.stdout.split())


def digest(registration: Registration) -> str:
    """Hash of all that a registration says, to the last bit."""
    content = sha256()
    arrays: tuple[Float | None, ...] = (
        registration.camera_from_applicator,
        registration.covariance,
    )
    for array in arrays:
        content.update(b"none" if array is None else array.tobytes())
    rest = (
        registration.status,
        registration.inlier_fraction,
        registration.residual_spread,
        registration.roll_observable,
        registration.axial_observable,
        sorted(registration.excluded.items()),
        registration.dimensions,
    )
    content.update(repr(rest).encode())
    return content.hexdigest()


def _limit_cores(n_threads: int) -> None:
    """Open3D's ray casting takes a thread for each core that it may use."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n_threads])


def main(n_threads: int, seed: int, n_views: int) -> None:
    """Print one hash a view: without a start, then tracked."""
    _limit_cores(n_threads)
    for index in range(n_views):
        view = random_view(ViewKind(), seed, index)
        model, depth_mm, prior, content = cone_model(view.applicator), view.depth_mm(), None, ""
        for _ in range(2):
            found = register(
                model,
                view.segmentation,
                depth_mm,
                view.kind.intrinsics,
                view.kind.noise,
                prior,
            )
            prior, content = found.camera_from_applicator, content + digest(found)
        sys.stdout.write(sha256(content.encode()).hexdigest() + "\n")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
