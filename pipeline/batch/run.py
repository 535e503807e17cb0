"""Runs a batch on a Dask cluster: a local one, or any by its scheduler's address.

Results come back to this process, so that workers share no disk with it. A worker that dies is
replaced and its session run again; one that takes its workers with it twice counts as failed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.batch.archive import SessionFile
from pipeline.batch.job import (
    Configuration,
    Job,
    JobResult,
    failed,
    run_beside_others,
    run_job,
)
from pipeline.batch.results import ResultFolder, SessionRow
from recordings.progress import Report
from tracking.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

MAX_DEATHS = 2  # of workers over one session: then it is the session
CONNECT_S = 15
QUIET = 40  # logging.ERROR: a worker that dies is told by the batch itself


@dataclass(frozen=True)
class Cluster:
    """Where a batch runs. `address` "": on this computer, in `n_workers` processes."""

    address: str = ""
    n_workers: int = 2


def run_batch(
    sessions: Sequence[SessionFile],
    configuration: Configuration,
    out: ResultFolder,
    cluster: Cluster,
    report: Report,
    *,
    resume: bool = True,
) -> list[SessionRow]:
    """Replay every session that is not done yet; rows in the order of the archive.

    Raises
    ------
    UsageError
        The scheduler does not answer, or no worker has joined it.
    """
    kept = {
        s.name: row
        for s in sessions
        if resume and (row := out.finished(s, configuration.id)) is not None
    }
    left = [Job(s.name, s.urls, s.content, configuration) for s in sessions if s.name not in kept]
    report(len(kept), len(sessions))
    if left:
        with _client(cluster) as client:
            for result in _results(client, left):
                kept[result.name] = out.keep(result)
                report(len(kept), len(sessions))
    return [kept[session.name] for session in sessions]


@contextmanager
def _client(cluster: Cluster) -> Iterator[Client]:
    from distributed import Client

    if cluster.address:
        try:
            client = Client(cluster.address, timeout=CONNECT_S)
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--scheduler: {cluster.address} does not answer.",
                expected="the address of a Dask scheduler, such as tcp://10.0.0.5:8786",
                actual=str(error) or type(error).__name__,
                remedy="Start `dask scheduler` and its workers, or leave the option out.",
            ) from error
        with client:
            _wait_for_a_worker(client, cluster.address)
            yield client
        return
    with local_workers(cluster.n_workers) as local, Client(local) as client:
        yield client


def _wait_for_a_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError as error:
        raise UsageError(
            f"--scheduler: {address} has no worker.",
            expected="at least one that has joined it",
            actual=f"none within {CONNECT_S} s",
            remedy="Start `dask worker` with that address, or leave the option out.",
        ) from error


def local_workers(n: int) -> LocalCluster:
    """Start `n` worker processes on this computer; as a context it ends them."""
    import dask
    from distributed import LocalCluster

    dask.config.set({"distributed.scheduler.allowed-failures": MAX_DEATHS})
    return LocalCluster(
        n_workers=n,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",  # any free port: several may run on one computer
        scheduler_kwargs={"dashboard": False},
        silence_logs=QUIET,
        host="127.0.0.1",
        env=_environment(),
    )


def share_a_computer(n_threads: Mapping[str, int]) -> bool:
    """Whether a computer works on several sessions at once; `n_threads` by worker's address."""
    at_once: Counter[str] = Counter()
    for address, n in n_threads.items():
        at_once[address.rpartition(":")[0]] += n
    return any(n > 1 for n in at_once.values())


def _environment() -> dict[str, str]:
    """What a worker must have before it loads numpy: the same threads as this process."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return {name: os.environ.get(name, "1") for name in names}


def _results(client: Client, jobs: Sequence[Job]) -> Iterator[JobResult]:
    """Results as they come; what a worker cannot hand back is a failed session."""
    from distributed import as_completed

    run = run_beside_others if share_a_computer(client.nthreads()) else run_job
    futures: dict[Any, Job] = {client.submit(run, job, pure=False): job for job in jobs}
    for future in as_completed(list(futures)):
        job = futures.pop(future)
        try:
            yield future.result()
        except Exception as error:  # noqa: BLE001 - whatever a worker died of ends one session
            yield failed(job, f"the worker failed: {type(error).__name__}: {error}"[:500])
        future.release()
