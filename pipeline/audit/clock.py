"""The clocks of a log, in one place: a replay hands in its recording's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def wall_now() -> str:
    """Return the computer's date and time, in UTC to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class AuditClock:
    """`monotonic_ns` orders and never goes back; `wall` is None where no date is known."""

    monotonic_ns: Callable[[], int] = time.monotonic_ns
    wall: Callable[[], str | None] = wall_now
