"""Gathers a live session beside its loop, and writes its facts once its audit log has ended.

Enter it before the audit log is opened, so that it leaves after. Each call from the loop is a few
assignments; drawing and writing come at the end. On the way the facts are kept every few seconds by
a thread, without pictures, so that a process that is killed leaves them. What cannot be written is
said, and raises nothing: the session itself is over, and its audit log is whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from pipeline.audit.head import head_text
from pipeline.audit.reading import head_of
from pipeline.config.load import RunConfig
from pipeline.say import Say
from pipeline.session.events import Event, EventKind
from pipeline.session_report.build import SessionTold, build_facts
from pipeline.session_report.facts import SessionFacts, StateFacts
from pipeline.session_report.facts_file import Picture, write_facts
from pipeline.session_report.from_log import told_by_log
from pipeline.session_report.gather import Gatherer
from pipeline.session_report.in_force import InForce
from pipeline.session_report.keeper import Keeper
from pipeline.session_report.parts import drop_kept, keep_facts, part_notes, put_aside
from pipeline.sinks.sink import FrameResult
from tracking.errors import TrackerError

KEEP_EVERY_NS = 5_000_000_000  # by the frames' stamps: what a killed process may lose
KEPT_AT_ONCE = frozenset(
    {
        EventKind.BEAM_ON,
        EventKind.BEAM_OFF,
        EventKind.TIME_OUT_COMPLETE,
        EventKind.TIME_OUT_VOID,
        EventKind.REVISION_APPROVED,
    }
)
KEPT_NOTE = (
    "Kept while the session went on: its end, pictures, overrides and audit head are missing. "
    "The audit log has them."
)
BEHIND_NOTE = (
    "The beam was told to go on or off after the last frame that was decided: the audit log has it."
)
UNDER_BEAM_NOTE = (
    "The beam had been told to be on, and not off, when this part began: when it went on is in "
    "the part before."
)

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
    """A session as of one moment; another thread or process may read it.

    `is_behind`: the beam goes on or off with the next frame.
    """

    session: LiveSession
    gathered: Gatherer
    states: tuple[StateFacts, ...]
    notes: tuple[str, ...] = ()
    damage: str = ""
    is_behind: bool = False


@dataclass(eq=False)
class SessionReporter:
    """A sink, and a listener to the session's events.

    `states` are kept as they were at the last beam-on; how the `recording` stands is told as of
    the report.
    """

    session: LiveSession
    states: AskStates
    say: Say
    recording: AskStates = tuple
    _gathered: Gatherer = field(default_factory=Gatherer, init=False)
    _states_at_beam_on: tuple[StateFacts, ...] | None = field(default=None, init=False)
    _in_force: InForce = field(init=False)
    _holds_lease: Callable[[], bool] | None = field(default=None, init=False)
    _notes: tuple[str, ...] = field(default=(), init=False)
    _damage: str = field(default="", init=False)
    _kept_ns: int | None = field(default=None, init=False)
    _keeper: Keeper | None = field(default=None, init=False)
    _has_said: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._in_force = self.session.in_force

    def begin_under_beam(self, told_by: str) -> None:
        """The process before this one was told that the beam is on, and not that it is off."""
        with self._lock:
            self._gathered.beam.tell(told_by, is_on=True)
        self._notes = (*self._notes, UNDER_BEAM_NOTE)

    def follow_lease(self, holds_lease: Callable[[], bool]) -> None:
        """From now on READY under the beam is a deviation where the supervisor holds no lease."""
        self._holds_lease = holds_lease

    def revise(self, config: RunConfig, revision: int, approved_by: str) -> None:
        """The next frame is decided by a revision of the plan that a person has approved."""
        self._in_force = self.session.in_force.revised(config, revision, approved_by)

    def note(self, events: Sequence[Event]) -> None:
        """Take what people said before the next frame."""
        with self._lock:
            self._gathered.note(events)
        if any(event.kind in KEPT_AT_ONCE for event in events):
            self._kept_ns = None

    def emit(self, result: FrameResult) -> None:
        """Take one decided frame."""
        has_lease = self._holds_lease is None or self._holds_lease()
        with self._lock:
            n_before = len(self._gathered.beam_ons)
            self._gathered.emit(result, replace(self._in_force, has_lease=has_lease))
            is_beam_on = len(self._gathered.beam_ons) > n_before
        if is_beam_on:
            self._states_at_beam_on = self.states()
        self._keep(result.record.stamp_ns)

    def close(self) -> None:
        """Nothing stays open."""

    def snapshot(self) -> Snapshot | None:
        """All of it as of now; None before the first frame. For any thread, and quick."""
        states = (*(self._states_at_beam_on or self.states()), *self.recording())
        with self._lock:
            gathered, is_behind = self._gathered.copied(), self._gathered.is_behind
        if not gathered.verdicts.spans():
            return None
        session = replace(
            self.session,
            folder=self.session.folder.resolve(),
            log_path=self.session.log_path.resolve(),
        )
        return Snapshot(session, gathered, states, self._notes, self._damage, is_behind)

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

    def _keep(self, stamp_ns: int) -> None:
        """Hand what is gathered to the thread, now and then; a clock that went back counts."""
        last = self._kept_ns
        if self._keeper is None or (last is not None and 0 <= stamp_ns - last < KEEP_EVERY_NS):
            return
        self._kept_ns = stamp_ns
        snapshot = self.snapshot()
        if snapshot is None:
            return

        def keep() -> None:
            try:
                keep_facts(snapshot.session.folder, _facts_on_the_way(snapshot))
            except (TrackerError, OSError) as failure:
                if not self._has_said:
                    self._has_said = True
                    self.say(f"The session's facts cannot be kept on the way: {failure}")

        self._keeper.hand(keep)

    def __enter__(self) -> SessionReporter:
        """Put aside what an earlier process left in the folder. Raises UsageError."""
        put_aside(self.session.folder)
        self._notes = (*self._notes, *part_notes(self.session.folder))
        self._keeper = Keeper()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the facts, whatever ended the session; an error is among them, Ctrl-C is none."""
        if isinstance(error, Exception):
            self._damage = _ended_by(error)
        if self._keeper is not None:
            self._keeper.close()
        try:
            if self.write() is not None:
                drop_kept(self.session.folder)
                folder = self.session.folder
                self.say(f"  report: run_tracker.py session report --session {folder}")
        except (TrackerError, OSError) as failure:
            self.say(f"The session's facts could not be written: {failure}")


def facts_of(snapshot: Snapshot) -> tuple[SessionFacts, tuple[Picture, ...]]:
    """Facts and pictures, with what the audit log says. Raises TrackerError, OSError."""
    log = snapshot.session.log_path
    told = replace(
        _told(snapshot),
        audit_head=head_text(head_of(log)) if log.exists() else "",
        further_events=tuple(told_by_log(log)) if log.exists() else (),
    )
    return build_facts(snapshot.gathered, told)


def _facts_on_the_way(snapshot: Snapshot) -> SessionFacts:
    """Without pictures, and without reading the log that is being written."""
    told = _told(snapshot)
    told = replace(told, notes=(*told.notes, KEPT_NOTE))
    return build_facts(snapshot.gathered, told, with_pictures=False)[0]


def _told(snapshot: Snapshot) -> SessionTold:
    session = snapshot.session
    return SessionTold(
        session_id=session.session_id,
        source=session.in_force.context.source_uri,
        recorded_at=session.recorded_at,
        camera_serial=session.camera_serial,
        states=snapshot.states,
        damage=snapshot.damage,
        notes=(*snapshot.notes, BEHIND_NOTE) if snapshot.is_behind else snapshot.notes,
    )


def _ended_by(error: Exception) -> str:
    if isinstance(error, TrackerError):
        return f"{error.what.rstrip('.')}: {error.actual}" if error.actual else error.what
    return f"the software failed ({type(error).__name__})"
