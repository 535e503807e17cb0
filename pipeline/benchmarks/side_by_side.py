"""Runs independent pieces of a benchmark in two processes, results in the given order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from recordings.progress import Report
from recordings.worker_end import end_with_parent

N_PROCESSES = 2
MIN_PIECES = 4  # fewer are done sooner than a process has started

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def side_by_side(
    function: Callable[[Piece], Result],
    pieces: Sequence[Piece],
    report: Report,
    n_processes: int = N_PROCESSES,
) -> list[Result]:
    """Return `function` of every piece; the outcome does not depend on the number of processes."""
    if n_processes < 2 or len(pieces) < MIN_PIECES:
        return list(_counted(map(function, pieces), len(pieces), report))
    # Fresh interpreters: a forked one would inherit the locks of Open3D's threads.
    with ProcessPoolExecutor(n_processes, get_context("spawn"), end_with_parent) as pool:
        return list(_counted(pool.map(function, pieces), len(pieces), report))


def _counted(results: Iterator[Result], total: int, report: Report) -> Iterator[Result]:
    for done, result in enumerate(results, start=1):
        report(done, total)
        yield result
