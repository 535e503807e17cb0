from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.audit.canonical import JsonValue
from pipeline.audit.key_files import PRIVATE_NAME, load_signing_key, make_key_files
from pipeline.audit.kinds import AuditKind
from pipeline.audit.ledger import Ledger
from pipeline.audit.log import AuditLog
from pipeline.audit.start import SessionStart
from pipeline.session.events import Event, EventKind
from pipeline.session.refusals import Refusal
from pipeline.session_report.content import content_of
from pipeline.session_report.facts import Moment, SessionFacts, StateFacts
from pipeline.session_report.facts_file import (
    FACTS_NAME,
    facts_sha256,
    parse_facts,
    read_facts,
    read_pictures,
)
from pipeline.session_report.from_log import told_by_log
from pipeline.session_report.in_force import InForce
from pipeline.session_report.of_live import calibration_state, fiducial_state
from pipeline.session_report.on_demand import ReportOnDemand
from pipeline.session_report.parts import KEPT_NAME, PARTS_NAME, earlier_parts
from pipeline.session_report.reporter import (
    KEEP_EVERY_NS,
    KEPT_NOTE,
    LiveSession,
    SessionReporter,
    facts_of,
)
from pipeline.sinks.sink import FrameResult
from tests.builders_results import make_context, make_rig
from tests.session_report_parts import BEAM_ON, CONFIG, EVENTS, frame

SESSION_ID = "session-1"
PATIENCE_S = 10.0


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
            in_force=InForce(CONFIG, make_context("live", "realsense:123")),
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
    assert room.facts().states[0].sentence == "look 3"  # two were for what is kept on the way
    assert room.looks == 3
    assert room.facts().frame.frame_index == BEAM_ON


def test_what_was_in_force_is_that_of_the_last_beam_on(room: Room) -> None:
    reporter = room.reporter()
    for index in range(10):
        reporter.note(EVENTS.get(index, ()))
        reporter.emit(frame(index))
    assert room.looks == 1
    reporter.note((Event(EventKind.BEAM_ON, 10, person="physicist-1"),))
    for index in (10, 11):
        reporter.emit(frame(index))
    held = reporter.snapshot()
    assert held is not None
    assert [state.sentence for state in held.states] == ["look 2"]


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
    *on_the_way, at_the_end = room.said
    assert "could not be written" in at_the_end
    assert all("cannot be kept on the way" in line for line in on_the_way)
    assert len(on_the_way) <= 1


def test_a_changed_audit_log_is_said_and_gives_no_facts(room: Room) -> None:
    room.log_path.write_text("{}\n")
    room.run(room.reporter(), range(2))
    assert "could not be written" in room.said[0]
    assert not (room.folder / FACTS_NAME).exists()


class TestParts:
    def killed(self, room: Room, n_frames: int) -> None:
        """A process that is gone without its end: what it kept is all that there is."""
        reporter = room.reporter()
        reporter.__enter__()
        for index in range(n_frames):
            reporter.note(EVENTS.get(index, ()))
            result = frame(index)
            stamp_ns = result.record.stamp_ns + index * KEEP_EVERY_NS
            reporter.emit(replace(result, record=replace(result.record, stamp_ns=stamp_ns)))
            deadline = time.monotonic() + PATIENCE_S
            while not (room.folder / KEPT_NAME).exists() or kept_frames(room) <= index:
                assert time.monotonic() < deadline
                time.sleep(0.002)
        assert reporter._keeper is not None
        reporter._keeper.close()

    def test_a_killed_process_leaves_its_facts_and_the_next_one_puts_them_aside(
        self, room: Room
    ) -> None:
        self.killed(room, 7)
        assert not (room.folder / FACTS_NAME).exists()
        room.run(room.reporter(), range(3))
        assert earlier_parts(room.folder) == (SESSION_ID,)
        part = read_facts(room.folder / PARTS_NAME / SESSION_ID)
        assert part.n_frames == 7
        assert part.beam[0].is_open
        assert KEPT_NOTE in part.notes
        now = room.facts()
        assert now.n_frames == 3
        assert any(f"{PARTS_NAME}/{SESSION_ID}" in note for note in now.notes)
        assert not (room.folder / KEPT_NAME).exists()

    def test_a_part_keeps_its_pictures_and_the_written_report(self, room: Room) -> None:
        room.run(room.reporter(), range(6))
        (room.folder / "report").mkdir()
        (room.folder / "report" / "session_report.html").write_text("first")
        before = room.facts()
        room.run(room.reporter(), range(2))
        part = room.folder / PARTS_NAME / SESSION_ID
        assert read_facts(part) == before
        assert len(read_pictures(part, before)) == len(before.pictures) > 0
        assert (part / "report" / "session_report.html").read_text() == "first"

    def test_every_part_stays(self, room: Room) -> None:
        for n_frames in (2, 3, 4):
            room.run(room.reporter(), range(n_frames))
        names = earlier_parts(room.folder)
        assert names == (SESSION_ID, f"{SESSION_ID}-2")
        found = [read_facts(room.folder / PARTS_NAME / name).n_frames for name in names]
        assert found == [2, 3]
        assert len(room.facts().notes) == 2

    def test_facts_that_nobody_can_read_are_put_aside_too(self, room: Room) -> None:
        (room.folder / FACTS_NAME).write_text("{torn")
        room.run(room.reporter(), range(2))
        assert (room.folder / PARTS_NAME / "unreadable" / FACTS_NAME).read_text() == "{torn"

    def test_a_session_that_begins_under_the_beam_counts_every_frame(self, room: Room) -> None:
        reporter = room.reporter()
        reporter.begin_under_beam("physicist-1")
        room.run(reporter, range(3))
        facts = room.facts()
        assert facts.beam[0].told_by == "physicist-1"
        assert sum(one.n_frames for one in facts.deviations) == 3
        assert any("beam" in note for note in facts.notes)


def test_a_deviation_is_kept_with_what_was_outside_and_its_worst_value(room: Room) -> None:
    room.run(room.reporter(), range(10))
    (deviation,) = room.facts().deviations
    worst = {figure.name: figure for figure in deviation.worst}
    assert worst["docking_lateral_mm"].value == pytest.approx(4.0, abs=0.01)
    assert worst["docking_lateral_mm"].upper == 2.0
    words = content_of(room.facts(), ()).deviations[0].reasons
    assert "Worst: Docking lateral 4.00 ± 0.10 mm (allowed" in words


def kept_frames(room: Room) -> int:
    return parse_facts(room.folder / KEPT_NAME).n_frames


def test_overrides_come_from_the_audit_log_with_its_head(room: Room) -> None:
    make_key_files(room.folder / "keys")
    key = load_signing_key(room.folder / "keys" / PRIVATE_NAME)
    ledger = Ledger.create(room.folder / "ledger.jsonl", key)
    start = SessionStart("s", "m", "p", "r", "c", "limits", None, "live", "")
    with AuditLog.open(room.log_path, SESSION_ID, key, ledger, start) as log:
        body = {"person": "physicist-1", "what": "alarm tone", "why": "tested before"}
        log.append(AuditKind.OVERRIDE, body)
        log.append(AuditKind.CONFIGURATION, {"what": "nothing"})
        counts: dict[str, JsonValue] = {
            "troubles": ["dropping"],
            "n_written": 90,
            "n_dropped": 4,
        }
        log.append(AuditKind.RECORDING, {**counts, "what": "The disk is too slow."})
    found, recording = told_by_log(room.log_path)
    assert "The disk is too slow. 90 frames recorded, 4 not" in recording.text
    assert (found.person, found.stamp_ns) == ("physicist-1", None)
    assert found.text.startswith("OVERRIDE of alarm tone: tested before")
    room.run(room.reporter(), range(6))
    facts = room.facts()
    assert facts.events[-2:] == (found, recording)
    assert "state     closed" in facts.audit_head


class TestRevision:
    def test_the_report_is_of_the_revision_that_decided_the_frame(self, room: Room) -> None:
        reporter = room.reporter()
        plan = replace(CONFIG.plan, id="plan@2")
        with reporter:
            reporter.emit(frame(3))
            reporter.revise(replace(CONFIG, plan=plan), 1, "oncologist-1")
            reporter.note((Event(EventKind.BEAM_ON, 4, person="physicist-1"),))
            reporter.emit(_decided_by(frame(4), "plan@2"))
            reporter.revise(replace(CONFIG, plan=replace(plan, id="plan@3")), 2, "surgeon-1")
            reporter.emit(_decided_by(frame(5), "plan@3"))
        told = room.facts().plan
        assert (told.content_id, told.revision, told.approved_by) == ("plan@2", 1, "oncologist-1")

    def test_a_frame_of_a_plan_that_nobody_told_of_is_not_reported(self, room: Room) -> None:
        with room.reporter() as reporter:
            reporter.emit(_decided_by(frame(4), "plan@2"))
        assert "another plan than the report knows of" in room.said[0]
        assert not (room.folder / FACTS_NAME).exists()

    def test_what_people_drew_and_approved_is_told_and_steps_are_not(self, room: Room) -> None:
        approved = Event(EventKind.REVISION_APPROVED, 3, person="o-1", what="approve 1")
        refused = Refusal.UNDER_BEAM
        with room.reporter() as reporter:
            reporter.note(
                (
                    Event(EventKind.STEP_TAKEN, 3, what="step draw"),
                    Event(EventKind.AREA_DRAWN, 3, person="s-1", what="draw area_at_risk"),
                    approved,
                    Event(EventKind.WORKFLOW_REFUSED, 3, refusal=refused, what="draw x"),
                    Event(EventKind.REPORT_ASKED, 3),
                )
            )
            reporter.emit(frame(3))
        facts = room.facts()
        assert [(e.person, e.text) for e in facts.events] == [
            ("s-1", "Drawn (draw area_at_risk)"),
            ("", "Refused (draw x): UNDER_BEAM"),
        ]
        assert [(c.person, c.what) for c in facts.confirmations] == [
            ("o-1", "approved the plan's revision (approve 1)")
        ]

    def test_every_kind_of_event_can_be_told(self, room: Room) -> None:
        with room.reporter() as reporter:
            reporter.note([Event(kind, 3) for kind in EventKind])
            reporter.emit(frame(3))
        facts = room.facts()
        untold = {EventKind.STEP_TAKEN, EventKind.REPORT_ASKED}
        assert len(facts.events) + len(facts.confirmations) == len(EventKind) - len(untold)


def _decided_by(result: FrameResult, plan_id: str) -> FrameResult:
    record = result.record
    return replace(result, record=replace(record, ids=replace(record.ids, plan=plan_id)))


class TestOnDemand:
    @pytest.mark.slow
    def test_a_report_is_written_while_the_session_goes_on(self, room: Room) -> None:
        reporter = room.reporter()
        report = ReportOnDemand(reporter, room.folder, room.said.append)
        for index in range(6):
            reporter.note(EVENTS.get(index, ()))
            reporter.emit(frame(index))
        report.begin()
        reporter.emit(frame(6))
        report.wait()
        assert room.said == []
        assert not report.has_failed
        assert room.facts().n_frames in (6, 7)
        page = Path(report.path("html")).read_text()
        assert facts_sha256(room.facts()) in page
        assert Path(report.path("pdf")).read_bytes().startswith(b"%PDF")
        assert Path(report.path("dicom")).is_file()

    def test_before_the_first_frame_there_is_nothing_to_report(self, room: Room) -> None:
        report = ReportOnDemand(room.reporter(), room.folder, room.said.append)
        report.begin()
        report.wait()
        assert room.said == ["The report could not be written: no frame was decided yet"]
        assert report.has_failed
        assert report.path("html") == ""

    def test_what_keeps_it_from_being_written_is_told(self, room: Room) -> None:
        reporter = room.reporter()
        reporter.emit(_decided_by(frame(4), "plan@2"))
        report = ReportOnDemand(reporter, room.folder, room.said.append)
        report.begin()
        report.wait()
        assert "another plan than the report knows of" in room.said[0]
        assert report.path("pdf") == ""

    def test_what_a_reader_holds_does_not_grow(self, room: Room) -> None:
        reporter = room.reporter()
        for index in range(5):
            reporter.note(EVENTS.get(index, ()))
            reporter.emit(frame(index))
        held = reporter.snapshot()
        assert held is not None
        before = held.gathered.verdicts.spans(), held.gathered.beam.spans()
        for index in range(5, 10):
            reporter.note(EVENTS.get(index, ()))
            reporter.emit(frame(index))
        assert (held.gathered.verdicts.spans(), held.gathered.beam.spans()) == before
        assert facts_of(held)[0].n_frames == 5


def test_calibration_is_held_against_the_moment() -> None:
    rig = make_rig()
    holds = [
        calibration_state(rig, at).holds
        for at in (datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC), None)
    ]
    assert holds == [True, False, None]


def test_a_rig_without_fiducial_is_not_called_watched() -> None:
    assert fiducial_state(make_rig()).holds is False
