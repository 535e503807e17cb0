"""Gathers a live session beside its loop, and writes its facts once its audit log has ended.

Enter it before the audit log is opened, so that it leaves after. Each call from the loop is a few
assignments; drawing and writing come at the end. What cannot be written is said, and raises
nothing: the session itself is over, and its audit log is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from pipeline.audit.head import head_text
from pipeline.audit.kinds import AuditKind
from pipeline.audit.reading import entries_of, head_of
from pipeline.config.load import RunConfig
from pipeline.session.events import Event
from pipeline.session_report.build import SessionTold, build_facts
from pipeline.session_report.facts import EventFacts, Moment, StateFacts
from pipeline.session_report.facts_file import write_facts
from pipeline.session_report.gather import Gatherer
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.errors import TrackerError

AskStates = Callable[[], tuple[StateFacts, ...]]
"""What is in force now: QA, calibration."""


@dataclass(frozen=True)
class LiveSession:
    """What a session knows of itself when it starts."""

    session_id: str
    folder: Path
    log_path: Path
    recorded_at: str
    camera_serial: str
    config: RunConfig
    context: RunContext


@dataclass(eq=False)
class SessionReporter:
    """A sink, and a listener to the session's events."""

    session: LiveSession
    states: AskStates
    say: Callable[[str], None]
    gathered: Gatherer = field(default_factory=Gatherer)
    _states_at_beam_on: tuple[StateFacts, ...] | None = None
    _revision: int | None = None
    _approved_by: str = ""

    def revise(self, config: RunConfig, revision: int, approved_by: str) -> None:
        """Report what was approved from now on."""
        self.session = replace(self.session, config=config)
        self._revision, self._approved_by = revision, approved_by

    def note(self, events: Sequence[Event]) -> None:
        """Take what people said before the next frame."""
        self.gathered.note(events)

    def emit(self, result: FrameResult) -> None:
        """Take one decided frame."""
        self.gathered.emit(result)
        if self._states_at_beam_on is None and self.gathered.reported[0] is Moment.BEAM_ON:
            self._states_at_beam_on = self.states()

    def close(self) -> None:
        """Nothing stays open."""

    def write(self) -> Path | None:
        """Write the facts as they are now and return their path; None before the first frame.

        Raises
        ------
        TrackerError, OSError
            The audit log cannot be read, or the folder cannot be written.
        """
        if not self.gathered.verdicts.spans():
            return None
        session = self.session
        log = session.log_path
        told = SessionTold(
            session_id=session.session_id,
            source=session.context.source_uri,
            recorded_at=session.recorded_at,
            camera_serial=session.camera_serial,
            states=self._states_at_beam_on or self.states(),
            plan_revision=self._revision,
            approved_by=self._approved_by,
            audit_head=head_text(head_of(log)) if log.exists() else "",
            further_events=tuple(overrides(log)) if log.exists() else (),
        )
        facts, pictures = build_facts(self.gathered, session.config, session.context, told)
        return write_facts(session.folder, facts, pictures)

    def __enter__(self) -> SessionReporter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the facts, whatever ended the session."""
        try:
            if self.write() is not None:
                folder = self.session.folder
                self.say(f"  report: run_tracker.py session report --session {folder}")
        except (TrackerError, OSError) as failure:
            self.say(f"The session's facts could not be written: {failure}")


def overrides(log: Path) -> list[EventFacts]:
    """What a person overrode, as the audit log has it. Raises SourceError, TamperError."""
    found = []
    for entry in entries_of(log):
        if entry.kind is not AuditKind.OVERRIDE:
            continue
        body = entry.body
        index = body.get("frame_index")
        text = f"OVERRIDE of {body['what']}: {body['why']}" + (
            f", {entry.wall}" if entry.wall else ""
        )
        found.append(
            EventFacts(
                stamp_ns=None,
                frame_index=index if isinstance(index, int) else None,
                kind="OVERRIDE",
                person=str(body["person"]),
                text=text,
            )
        )
    return found
