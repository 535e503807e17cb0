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
from pipeline.recorder.client import LiveRecorder
from pipeline.recorder.recorder_status import RecorderStatus
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
    recorder: LiveRecorder | None = None,
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

    def recording() -> tuple[StateFacts, ...]:
        return (recording_state(None if recorder is None else recorder.status),)

    return SessionReporter(session, states, speaker.say, recording)


def recording_state(status: RecorderStatus | None) -> StateFacts:
    """Whether every frame so far is in the session's recording; None: nothing is recorded."""
    if status is None:
        return StateFacts(name="Recording", holds=False, sentence="The session is not recorded.")
    counts = f"{status.n_written} frames are recorded, {status.n_dropped} are not."
    sentence = f"{counts} {status.warning}".rstrip()
    is_whole = status.n_dropped == 0 and not status.failure
    return StateFacts(name="Recording", holds=is_whole, sentence=sentence)


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
