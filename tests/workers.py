"""Where the workers of one run of the suite meet."""

from __future__ import annotations

from pathlib import Path

import pytest


def workers_folder(config: pytest.Config) -> Path | None:
    """The folder that all workers of this run share; None where there is one process only."""
    if not hasattr(config, "workerinput"):
        return None
    return Path(config.getoption("basetemp")).parent
