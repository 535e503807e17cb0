"""Small pieces of work, each in a process of its own that is forked off and may break."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

MAX_CPU_S = 60  # an endless loop ends here; no test of the kernel needs a tenth of it


def fork_each(
    tasks: Iterable[T],
    work: Callable[[T], str],
    done: Callable[[T, str], None],
    n_jobs: int,
) -> None:
    """Run `work` on every task in a forked process and hand its answer to `done`.

    A process that breaks answers "broke"; one that runs for too long "killed".
    """
    running: dict[int, tuple[T, int]] = {}

    def collect() -> None:
        pid, _ = os.wait()
        task, reading = running.pop(pid)
        with os.fdopen(reading, "rb") as pipe:
            done(task, pipe.read().decode() or "killed")

    for task in tasks:
        if len(running) >= n_jobs:
            collect()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _work_and_leave(work, task, writing)
        os.close(writing)
        running[pid] = (task, reading)
    while running:
        collect()


def _work_and_leave(work: Callable[[T], str], task: T, writing: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    answer = "broke"
    try:
        answer = work(task)
    finally:
        os.write(writing, answer.encode())
        os._exit(0)
