"""The QA store on a real PostgreSQL server, started for this test alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calibration.qa.outcome import Outcome
from calibration.qa_store.store import open_store
from tests.qa_parts import NOW_NS, result, start
from tracking.errors import CalibrationError

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
USER = "postgres"


def as_user(*command: str) -> None:
    """Run a command as a user that PostgreSQL accepts: it refuses root."""
    runuser = shutil.which("runuser")
    is_root = os.geteuid() == 0
    prefix = [runuser, "-u", USER, "--"] if is_root and runuser else []
    subprocess.run([*prefix, *command], check=True, capture_output=True, cwd="/", timeout=60)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if not SERVERS:
        pytest.skip("no PostgreSQL server on this machine: install it to test the store on one")
    # pytest's own folders are closed to other users
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        yield from served(SERVERS[-1].parent, folder)


def served(tools: Path, folder: Path) -> Iterator[str]:
    """Run a server of its own in a folder that its user owns; its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    as_user(str(tools / "initdb"), "-D", data, "-U", "qa", "-A", "trust")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = str(tools / "pg_ctl")
    as_user(control, "-D", data, "-o", options, "-w", "-l", str(folder / "log"), "start")
    yield f"postgresql://qa@127.0.0.1:{port}/postgres"
    as_user(control, "-D", data, "-m", "immediate", "stop")


@pytest.mark.slow
def test_a_history_on_a_server(url: str) -> None:
    troubles: list[Exception] = []

    def work() -> None:
        try:
            store = open_store(url)
            store.finish(store.begin(start(NOW_NS)), result(Outcome.FAILURE))
            store.close()
        except CalibrationError as error:
            troubles.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    store = open_store(url)
    assert [run.outcome for run in store.runs("CAM-1", "live")] == [Outcome.FAILURE] * 4
    first = store.run(1)
    assert first is not None
    assert first.result is not None
    assert first.result.pictures == result().pictures
    assert replace(first.start, measured_ns=0) == replace(start(NOW_NS), measured_ns=0)
    store.close()
