"""What is proven about a session before its first frame, by where its frames come from.

A live source must prove everything. A recording is excused what a file of its kind cannot
carry, item by item, and the excuses are listed in the summary.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from calibration.rig_check import check_rig_fits_camera, is_rig_valid
from recordings.source import SourceHeader
from tracking.errors import SourceError
from tracking.rig import Rig
from tracking.snapshot import Evidence, SessionEvidence


@dataclass(frozen=True)
class SessionStart:
    """Evidence at the start of a session, and the names of what was assumed."""

    evidence: SessionEvidence

    @property
    def assumed(self) -> tuple[str, ...]:
        """Items that were taken as passed, in the order of their declaration."""
        names = (entry.name for entry in fields(self.evidence))
        return tuple(n for n in names if getattr(self.evidence, n) is Evidence.ASSUMED)


def evidence_for(header: SourceHeader, rig: Rig, now: datetime | None) -> SessionStart:
    """Collect the evidence for a source.

    Parameters
    ----------
    now : datetime or None
        The wall clock of a running session; None in a replay, which has the recording's own.

    Raises
    ------
    CalibrationError
        The rig belongs to another camera.
    """
    check_rig_fits_camera(rig, header.device_serial, header.origin)
    is_live = header.origin == "live"
    excused = Evidence.MISSING if is_live else Evidence.ASSUMED
    knows_serial = bool(header.device_serial) and header.device_serial == rig.camera_serial
    evidence = SessionEvidence(
        camera_serial=Evidence.PROVEN if knows_serial else excused,
        rig_validity=_rig_validity(header, rig, now, excused),
        qa=excused,
        time_out=excused,
        second_estimate=excused,
        fiducial=excused if rig.fiducial is None else Evidence.MISSING,
        acknowledgement=excused,
    )
    return SessionStart(evidence)


def _recorded_at(header: SourceHeader) -> datetime:
    """The recording's own wall clock; one without a time zone names no moment."""
    recorded_at = header.recorded_moment
    if recorded_at is None:
        raise SourceError(
            f"{header.uri} does not say when it was recorded",
            expected="recorded_at as 2026-01-01T09:00:00Z",
            actual=header.recorded_at,
            remedy="record the session again, or correct its header",
        )
    return recorded_at


def _rig_validity(
    header: SourceHeader, rig: Rig, now: datetime | None, excused: Evidence
) -> Evidence:
    if now is None and header.recorded_at:
        now = _recorded_at(header)
    if now is None:
        return excused
    return Evidence.PROVEN if is_rig_valid(rig, now) else Evidence.FAILED
