from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.audit.key_files import PRIVATE_NAME, load_signing_key, make_key_files
from pipeline.audit.kinds import AuditKind
from pipeline.audit.ledger import Ledger
from pipeline.audit.log import AuditLog
from pipeline.audit.start import SessionStart
from pipeline.session.events import Event, EventKind
from pipeline.session_report.facts import Moment, SessionFacts, StateFacts
from pipeline.session_report.facts_file import FACTS_NAME, read_facts
from pipeline.session_report.of_live import calibration_state, fiducial_state
from pipeline.session_report.reporter import LiveSession, SessionReporter, overrides
from pipeline.supervisor.events import EventKind as SupervisorEventKind
from pipeline.supervisor.events import SupervisorEvent
from tests.builders_results import make_context, make_rig
from tests.session_report_parts import BEAM_ON, CONFIG, EVENTS, frame
from tests.shell_parts import Around

SESSION_ID = "session-1"


@dataclass
class Room:
    """A reporter with an audit log beside it; the states change with every look."""

    folder: Path
    said: list[str] = field(default_factory=list)
    looks: int = 0

    @property
    def log_path(self) -> Path:
        return self.folder / "audit.jsonl"

    def reporter(self, folder: Path | None = None) -> SessionReporter:
        session = LiveSession(
            session_id=SESSION_ID,
            folder=self.folder if folder is None else folder,
            log_path=self.log_path,
            recorded_at="2026-01-01T09:00:00+00:00",
            camera_serial="123",
            config=CONFIG,
            context=make_context("live", "realsense:123"),
        )
        return SessionReporter(session, self.states, self.said.append)

    def states(self) -> tuple[StateFacts, ...]:
        self.looks += 1
        return (StateFacts(name="QA", holds=True, sentence=f"look {self.looks}"),)

    def run(self, reporter: SessionReporter, frames: Sequence[int]) -> None:
        with reporter:
            for index in frames:
                reporter.note(EVENTS.get(index, ()))
                reporter.emit(frame(index))

    def facts(self) -> SessionFacts:
        return read_facts(self.folder)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_facts_are_there_when_the_session_is_over_and_people_are_told(room: Room) -> None:
    room.run(room.reporter(), range(6))
    assert room.facts().frame.moment is Moment.BEAM_ON
    assert room.said == [f"  report: run_tracker.py session report --session {room.folder}"]


def test_what_was_in_force_is_that_of_beam_on(room: Room) -> None:
    room.run(room.reporter(), range(10))
    assert room.facts().states[0].sentence == "look 1"
    assert room.looks == 1
    assert room.facts().frame.frame_index == BEAM_ON


def test_a_session_that_breaks_leaves_its_facts(room: Room) -> None:
    def broken() -> None:
        with room.reporter() as reporter:
            reporter.emit(frame(0))
            raise RuntimeError("the camera fell")

    with pytest.raises(RuntimeError, match="the camera fell"):
        broken()
    assert room.facts().n_frames == 1


def test_a_session_without_frames_writes_nothing(room: Room) -> None:
    room.run(room.reporter(), [])
    assert not (room.folder / FACTS_NAME).exists()
    assert room.said == []


def test_a_folder_that_cannot_be_written_is_said_and_hides_no_error(room: Room) -> None:
    reporter = room.reporter(room.folder / "is not there")
    room.run(reporter, range(2))
    assert len(room.said) == 1
    assert "could not be written" in room.said[0]


def test_a_changed_audit_log_is_said_and_gives_no_facts(room: Room) -> None:
    room.log_path.write_text("{}\n")
    room.run(room.reporter(), range(2))
    assert "could not be written" in room.said[0]
    assert not (room.folder / FACTS_NAME).exists()


def test_overrides_come_from_the_audit_log_with_its_head(room: Room) -> None:
    make_key_files(room.folder / "keys")
    key = load_signing_key(room.folder / "keys" / PRIVATE_NAME)
    ledger = Ledger.create(room.folder / "ledger.jsonl", key)
    start = SessionStart("s", "m", "p", "r", "c", "limits", None, "live", "")
    with AuditLog.open(room.log_path, SESSION_ID, key, ledger, start) as log:
        body = {"person": "physicist-1", "what": "alarm tone", "why": "tested before"}
        log.append(AuditKind.OVERRIDE, body)
        log.append(AuditKind.CONFIGURATION, {"what": "nothing"})
    (found,) = overrides(room.log_path)
    assert (found.person, found.stamp_ns) == ("physicist-1", None)
    assert found.text.startswith("OVERRIDE of alarm tone: tested before")
    room.run(room.reporter(), range(6))
    facts = room.facts()
    assert facts.events[-1] == found
    assert "state     closed" in facts.audit_head


class TestShell:
    def test_the_listener_hears_every_event_once_it_is_written(self) -> None:
        around = Around()
        heard: list[Event] = []
        around.shell.listen(heard.extend)
        around.typed.confirm("physicist-1")
        around.frame()
        around.frame()
        assert [e.kind for e in heard] == [EventKind.TIME_OUT_CONFIRMED]

    @pytest.mark.parametrize("is_on", [True, False])
    def test_the_listener_hears_the_machines_line(self, *, is_on: bool) -> None:
        around = Around()
        heard: list[Event] = []
        around.shell.listen(heard.extend)
        around.supervisor.reports = [
            SupervisorEvent(SupervisorEventKind.BEAM, 5_000, 7, 3, {"on": is_on, "source": "line"})
        ]
        around.frame()
        kind = EventKind.BEAM_ON if is_on else EventKind.BEAM_OFF
        assert heard == [Event(kind, around.frame_index)]


def test_calibration_is_held_against_the_moment() -> None:
    rig = make_rig()
    holds = [
        calibration_state(rig, at).holds
        for at in (datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), None)
    ]
    assert holds == [True, False, None]


def test_a_rig_without_fiducial_is_not_called_watched() -> None:
    assert fiducial_state(make_rig()).holds is False
