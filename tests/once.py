"""What takes long to make and is only read: made once for all workers of a run."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workers import workers_folder


def once(request: pytest.FixtureRequest, name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` fills; it is called by the first of all workers, others wait."""
    factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    root = workers_folder(request.config) or factory.getbasetemp()
    folder, made = root / f"once-{name}", root / f"once-{name}.made"
    with (root / f"once-{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            made.touch()
    return folder
