"""What a benchmark ran on, so that its figures can be compared."""

from __future__ import annotations

import os
import platform
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def machine_line(seed: int) -> str:
    """Processor, cores, Python, commit and seed in one line."""
    return (
        f"{_processor()}, {len(os.sched_getaffinity(0))} cores, "
        f"Python {platform.python_version()}, commit {_commit()}, seed {seed}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    """First digits of the checked-out commit, read from git's own files."""
    try:
        head = (ROOT / ".git" / "HEAD").read_text(encoding="utf-8").strip()
        if head.startswith("ref: "):
            head = (ROOT / ".git" / head.removeprefix("ref: ")).read_text(encoding="utf-8").strip()
    except OSError:
        return "unknown"
    return head[:7]
