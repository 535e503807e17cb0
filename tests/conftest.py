"""Threads as in `run_tracker.py`, set before numpy and Open3D load; and who has the machine."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
    os.environ[name] = "1"

from tests.machine import machine_for  # noqa: E402 - it must not load a library before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test marked `alone` with no other beside it in any worker."""
    with machine_for(item):
        return (yield)
