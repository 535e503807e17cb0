"""When a QA run's frames were exposed: a recording of yesterday proves nothing of today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from recordings.source import SourceHeader
from tracking.errors import SourceError

LIVE_KIND = "realsense-live"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ns_of(moment: datetime) -> int:
    """Nanoseconds since 1970, UTC, exact to the microsecond."""
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def moment_of(ns: int) -> datetime:
    """The other way, to the microsecond."""
    return EPOCH + timedelta(microseconds=ns // 1000)


def measured_at(header: SourceHeader, now: datetime) -> datetime:
    """When the frames of a source were exposed.

    Parameters
    ----------
    now : datetime
        The clock of this computer, for a camera and for recordings that carry no time.

    Raises
    ------
    SourceError
        A live recording does not say when it was made, or says a time that is still to come.
    """
    if header.kind == LIVE_KIND or (not header.recorded_at and header.origin != "live"):
        return now
    recorded = header.recorded_moment
    if recorded is None:
        raise SourceError(
            f"{header.uri} does not say when it was recorded",
            expected="recorded_at as 2026-01-01T09:00:00Z",
            actual=header.recorded_at or "nothing",
            remedy="record the session again",
        )
    if recorded > now:
        raise SourceError(
            f"{header.uri} was recorded at a time that is still to come",
            expected=f"before {now.isoformat(timespec='seconds')}",
            actual=header.recorded_at,
            remedy="check the clocks of both computers",
        )
    return recorded
