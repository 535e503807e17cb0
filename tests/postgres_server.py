"""A PostgreSQL server of its own for a test, on this computer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
USER = "postgres"


def _as_user(*command: str) -> None:
    """Run a command as a user that PostgreSQL accepts: it refuses root."""
    runuser = shutil.which("runuser")
    is_root = os.geteuid() == 0
    prefix = [runuser, "-u", USER, "--"] if is_root and runuser else []
    subprocess.run([*prefix, *command], check=True, capture_output=True, cwd="/", timeout=60)


@contextmanager
def postgresql() -> Iterator[str]:
    """URL of a running server; skips the test where there is none to run."""
    if not SERVERS:
        pytest.skip("no PostgreSQL server on this machine: install it to test the store on one")
    # pytest's own folders are closed to other users
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        yield from _served(SERVERS[-1].parent, folder)


def _served(tools: Path, folder: Path) -> Iterator[str]:
    """Run a server of its own in a folder that its user owns; its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    _as_user(str(tools / "initdb"), "-D", data, "-U", "qa", "-A", "trust")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = str(tools / "pg_ctl")
    _as_user(control, "-D", data, "-o", options, "-w", "-l", str(folder / "log"), "start")
    yield f"postgresql://qa@127.0.0.1:{port}/postgres"
    _as_user(control, "-D", data, "-m", "immediate", "stop")
