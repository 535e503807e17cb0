"""Gathers a live session beside its loop, and writes its facts once its audit log has ended.

Enter it before the audit log is opened, so that it leaves after. Each call from the loop is a few
assignments; drawing and writing come at the end. What cannot be written is said, and raises
nothing: the session itself is over, and its audit log is whole.
"""

from __future__ import annotations

import threading
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
from pipeline.session_report.facts import EventFacts, Moment, SessionFacts, StateFacts
from pipeline.session_report.facts_file import Picture, write_facts
from pipeline.session_report.gather import Gatherer
from pipeline.session_report.in_force import InForce
from pipeline.sinks.sink import FrameResult
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
    in_force: InForce


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A session as of one moment; another thread or process may read it."""

    session: LiveSession
    gathered: Gatherer
    states: tuple[StateFacts, ...]


@dataclass(eq=False)
class SessionReporter:
    """A sink, and a listener to the session's events."""

    session: LiveSession
    states: AskStates
    say: Callable[[str], None]
    _gathered: Gatherer = field(default_factory=Gatherer, init=False)
    _states_at_beam_on: tuple[StateFacts, ...] | None = field(default=None, init=False)
    _in_force: InForce = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._in_force = self.session.in_force

    def revise(self, config: RunConfig, revision: int, approved_by: str) -> None:
        """The next frame is decided by a revision of the plan that a person has approved."""
        self._in_force = self.session.in_force.revised(config, revision, approved_by)

    def note(self, events: Sequence[Event]) -> None:
        """Take what people said before the next frame."""
        with self._lock:
            self._gathered.note(events)

    def emit(self, result: FrameResult) -> None:
        """Take one decided frame."""
        with self._lock:
            self._gathered.emit(result, self._in_force)
            is_first_beam = (
                self._states_at_beam_on is None and self._gathered.reported[0] is Moment.BEAM_ON
            )
        if is_first_beam:
            self._states_at_beam_on = self.states()

    def close(self) -> None:
        """Nothing stays open."""

    def snapshot(self) -> Snapshot | None:
        """All of it as of now; None before the first frame. For any thread, and quick."""
        states = self._states_at_beam_on or self.states()
        with self._lock:
            gathered = self._gathered.copied()
        if not gathered.verdicts.spans():
            return None
        session = replace(
            self.session,
            folder=self.session.folder.resolve(),
            log_path=self.session.log_path.resolve(),
        )
        return Snapshot(session, gathered, states)

    def write(self) -> Path | None:
        """Write the facts as they are now and return their path; None before the first frame.

        Raises
        ------
        TrackerError, OSError
            The audit log cannot be read, or the folder cannot be written.
        """
        snapshot = self.snapshot()
        if snapshot is None:
            return None
        return write_facts(self.session.folder, *facts_of(snapshot))

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


def facts_of(snapshot: Snapshot) -> tuple[SessionFacts, tuple[Picture, ...]]:
    """Facts and pictures, with what the audit log says. Raises TrackerError, OSError."""
    session = snapshot.session
    log = session.log_path
    told = SessionTold(
        session_id=session.session_id,
        source=session.in_force.context.source_uri,
        recorded_at=session.recorded_at,
        camera_serial=session.camera_serial,
        states=snapshot.states,
        audit_head=head_text(head_of(log)) if log.exists() else "",
        further_events=tuple(overrides(log)) if log.exists() else (),
    )
    return build_facts(snapshot.gathered, told)


def overrides(log: Path) -> list[EventFacts]:
    """What a person overrode, as the audit log has it. Raises SourceError, TamperError."""
    found = []
    for entry in entries_of(log):
        if entry.kind is not AuditKind.OVERRIDE:
            continue
        body = entry.body
        index = body.get("frame_index")
        when = f" ({entry.wall})" if entry.wall else ""
        text = f"OVERRIDE of {body['what']}: {body['why']}{when}"
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
