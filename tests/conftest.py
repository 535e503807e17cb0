"""Threads as in `run_tracker.py`, set before numpy and Open3D load; whose turn it is, and when."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
    os.environ[name] = "1"

from tests.deadline import skip_if_too_late  # noqa: E402 - they must not load a library before
from tests.machine import machine_for  # noqa: E402


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test marked `alone` with no other beside it in any worker."""
    with machine_for(item):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin no long test that CI could not end."""
    skip_if_too_late(item)
