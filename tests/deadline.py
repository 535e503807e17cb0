"""Until when a test that takes long is begun.

CI is stopped, and has shown nothing, once it has run 90 minutes; a machine that others use too can
be that slow. There, what is marked `slow` and was not reached in time is skipped, each by name and
with this reason. Without `SLOW_TESTS_UNTIL`, as `make test` runs, every test is begun.
"""

from __future__ import annotations

import os
import time

import pytest

VARIABLE = "SLOW_TESTS_UNTIL"  # seconds since 1970


def skip_if_too_late(item: pytest.Item) -> None:
    """Skip loudly a test that takes long once that time has passed."""
    until = os.environ.get(VARIABLE)
    if until and time.time() > float(until) and item.get_closest_marker("slow"):
        pytest.skip(f"{item.name} not begun: so slow a machine would be stopped before its end")
