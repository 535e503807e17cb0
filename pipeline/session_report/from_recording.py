"""The facts of a recording, as far as it carries them: replayed, and gathered on the way."""

from __future__ import annotations

from pathlib import Path

from calibration.text_file import content_id
from models.loading import load_segmenter
from pipeline.evidence import SessionStart, evidence_for
from pipeline.recorder.recorded_tracker import RecordedTracker
from pipeline.replay import run_context
from pipeline.request import RunRequest
from pipeline.run_opening import open_run
from pipeline.session_report.build import SessionTold, build_facts
from pipeline.session_report.facts import Moment, SessionFacts, StateFacts
from pipeline.session_report.facts_file import Picture
from pipeline.session_report.gather import Gatherer
from pipeline.session_report.in_force import InForce
from pipeline.session_report.of_live import calibration_state
from recordings.naming import source_name
from recordings.progress import Report
from recordings.source import SourceHeader
from tracking.marks import check_outlines
from tracking.record import RecordIds

ASSUMED = {
    "camera_serial": ("Camera", "The recording carries no serial number."),
    "rig_validity": ("Expiry of the rig", "The recording has no clock."),
    "qa": ("Daily QA", "It is not part of a recording."),
    "time_out": ("Time-out", "It is not part of this recording."),
    "second_estimate": ("Second estimate", "The cone wears no collar that could give one."),
    "fiducial": ("Watch of the mount", "The rig names no fiducial."),
    "acknowledgement": ("Acknowledgement", "Nobody can be asked; taken as given."),
}


def facts_of_recording(
    request: RunRequest, progress: Report | None = None
) -> tuple[SessionFacts, tuple[Picture, ...]]:
    """Replay a recording and return its facts and pictures.

    Raises
    ------
    TrackerError
        Configuration, calibration or source cannot be used, or it holds no whole frame.
    """
    source, config = open_run(request)
    try:
        segmenter = load_segmenter(request.segmenter)
        header = source.header
        start = evidence_for(header, config.rig, now=None)
        check_outlines(config.plan, header.intrinsics)
        tracker = RecordedTracker(header, config, segmenter, start.evidence)
        gathered, in_force = Gatherer(), InForce(config, run_context(header, config, start))
        n_frames = 0
        while (frame := source.read()) is not None:
            gathered.emit(tracker.process(frame), in_force)
            n_frames += 1
            if progress is not None:
                progress(n_frames, header.n_frames)
        return _facts(request, in_force, header, start, gathered, source.damage or "")
    finally:
        source.close()


def _facts(
    request: RunRequest,
    in_force: InForce,
    header: SourceHeader,
    start: SessionStart,
    gathered: Gatherer,
    damage: str,
) -> tuple[SessionFacts, tuple[Picture, ...]]:
    moment, result, _ = gathered.reported
    told = SessionTold(
        session_id=recording_id(header, result.record.ids, gathered.verdicts.spans()[0].from_ns),
        source=source_name(request.source),
        recorded_at=header.recorded_at,
        camera_serial=header.device_serial,
        states=(calibration_state(in_force.config.rig, header.recorded_moment), *_assumed(start)),
        damage=damage,
        notes=_notes(moment),
    )
    return build_facts(gathered, told)


def recording_id(header: SourceHeader, ids: RecordIds, first_stamp_ns: int) -> str:
    """An id for a recording, which has none of its own: by source, first stamp and identities."""
    name = source_name(header.uri)
    parts = (header.recorded_at, header.device_serial, str(first_stamp_ns), *vars(ids).values())
    return content_id(Path(name).stem, "\n".join((name, *parts)))


def _assumed(start: SessionStart) -> tuple[StateFacts, ...]:
    return tuple(
        StateFacts(name=ASSUMED[name][0], holds=None, sentence=ASSUMED[name][1])
        for name in start.assumed
    )


def _notes(moment: Moment) -> tuple[str, ...]:
    notes = ["Made from a recording: persons, time-out, lease and audit log are not part of it."]
    if moment is not Moment.BEAM_ON:
        notes.append("The recording does not tell when the beam was on.")
    return tuple(notes)
