"""Moments of a session in words: the clock where stamps have one, and seconds since the start."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.overlay.footer import WALL_CLOCK_NS
from pipeline.session_report.facts import SessionFacts


def since_start(stamp_ns: int, facts: SessionFacts) -> float:
    """Seconds since the session's first frame."""
    return (stamp_ns - facts.verdicts[0].from_ns) / 1e9 if facts.verdicts else 0.0


def stamp_words(stamp_ns: int, facts: SessionFacts) -> str:
    """As "12.34 s", or "09:12:33.120 UTC (12.34 s)" where stamps count from the epoch."""
    seconds = f"{since_start(stamp_ns, facts):.2f} s"
    if stamp_ns < WALL_CLOCK_NS:
        return seconds
    whole, rest = divmod(stamp_ns, 10**9)
    clock = f"{datetime.fromtimestamp(whole, UTC):%H:%M:%S}.{rest // 10**6:03d} UTC"
    return f"{clock} ({seconds})"
