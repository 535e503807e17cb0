"""What a live session hands to its reporter: where it is kept, and what is in force."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from calibration.rig_check import expires_at, is_rig_valid
from pipeline.audit.naming import log_name
from pipeline.config.load import RunConfig
from pipeline.evidence import SessionStart
from pipeline.qa.watch import QaWatch
from pipeline.replay import run_context
from pipeline.session.opening import SessionFolders
from pipeline.session_report.facts import StateFacts
from pipeline.session_report.in_force import InForce
from pipeline.session_report.reporter import LiveSession, SessionReporter
from recordings.source import SourceHeader
from tracking.rig import Rig


class Speaker(Protocol):
    """Says a line to people."""

    def say(self, line: str, /) -> None:
        """Say it."""
        ...


def reporting(
    session_id: str,
    folders: SessionFolders,
    config: RunConfig,
    header: SourceHeader,
    start: SessionStart,
    qa: QaWatch,
    speaker: Speaker,
) -> SessionReporter:
    """The reporter of a live session that starts now."""
    session = LiveSession(
        session_id=session_id,
        folder=folders.session,
        log_path=folders.archive / log_name(session_id),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        camera_serial=header.device_serial,
        in_force=InForce(config, run_context(header, config, start)),
    )

    def states() -> tuple[StateFacts, ...]:
        now_ns = time.time_ns()
        return (
            StateFacts(name="QA", holds=qa.evidence(now_ns).holds, sentence=qa.sentence),
            calibration_state(config.rig, datetime.fromtimestamp(now_ns / 1e9, UTC)),
            fiducial_state(config.rig),
        )

    return SessionReporter(session, states, speaker.say)


def calibration_state(rig: Rig, at: datetime | None) -> StateFacts:
    """Whether the rig's calibration holds at a moment; None: taken as passed."""
    sentence = (
        f"Rig {rig.id}, calibrated {rig.calibrated_at:%Y-%m-%d %H:%M} UTC, "
        f"holds until {expires_at(rig):%Y-%m-%d %H:%M} UTC."
    )
    holds = None if at is None else is_rig_valid(rig, at)
    return StateFacts(name="Rig calibration", holds=holds, sentence=sentence)


def fiducial_state(rig: Rig) -> StateFacts:
    """Whether the camera's mount is watched at all."""
    if rig.fiducial is None:
        sentence = "The rig names no fiducial: a bumped camera could not be noticed."
        return StateFacts(name="Watch of the mount", holds=False, sentence=sentence)
    sentence = "The rig's fiducial was watched in every frame; a bump is a fault in the time line."
    return StateFacts(name="Watch of the mount", holds=True, sentence=sentence)
