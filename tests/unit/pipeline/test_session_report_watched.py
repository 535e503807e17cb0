"""What was watched under a beam, and what was not: lease, camera, alarms, a report from before."""

from __future__ import annotations

import threading
from dataclasses import replace
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
from pipeline.session_report.build import build_facts
from pipeline.session_report.content import CLEAN, CLEAN_AS_FAR, NO_LEASE_SENTENCE, content_of
from pipeline.session_report.facts import NO_LEASE, Moment, SessionFacts
from pipeline.session_report.facts_file import read_facts
from pipeline.session_report.from_log import told_by_log
from pipeline.session_report.gather import MAX_REFUSED, Gatherer
from pipeline.session_report.in_force import InForce
from pipeline.session_report.on_demand import PAGES, ReportOnDemand
from pipeline.session_report.page import html_of
from pipeline.session_report.reporter import (
    BEHIND_NOTE,
    LiveSession,
    SessionReporter,
    Snapshot,
)
from tests.builders_results import make_context
from tests.session_report_parts import BEAM_OFF, BEAM_ON, CONFIG, EVENTS, IN_FORCE, TOLD, frame
from tracking.errors import SourceError

OFF = Event(EventKind.BEAM_OFF, 9)


def reporter_of(folder: Path) -> SessionReporter:
    in_force = InForce(CONFIG, make_context("live", "realsense:123"))
    log = folder / "audit.jsonl"
    session = LiveSession("session-1", folder, log, "2026-01-01T09:00:00+00:00", "123", in_force)
    return SessionReporter(session, tuple, lambda _line: None)


def take(reporter: SessionReporter, frames: range) -> None:
    for index in frames:
        reporter.note(EVENTS.get(index, ()))
        reporter.emit(frame(index))


def leased(lost: frozenset[int], frames: range = range(10)) -> SessionFacts:
    """The session, with no lease held in some of its frames."""
    found = Gatherer()
    for index in frames:
        found.note(EVENTS.get(index, ()))
        found.emit(frame(index), replace(IN_FORCE, has_lease=index not in lost))
    return build_facts(found, TOLD, with_pictures=False)[0]


def test_ready_without_a_lease_is_a_deviation_under_the_beam_and_nowhere_ready() -> None:
    facts = leased(frozenset({3, 5, 9}))
    first = facts.deviations[0]
    assert (first.verdict, first.reasons, first.first_frame) == ("UNSURE", (NO_LEASE,), 5)
    assert len(facts.deviations) == 2
    assert content_of(facts, ()).deviations[0].reasons.startswith(NO_LEASE_SENTENCE)
    told = [(span.verdict, span.first_frame, span.n_frames) for span in facts.verdicts]
    assert told[1:5] == [("UNSURE", 3, 1), ("READY", 4, 1), ("UNSURE", 5, 1), ("HOLD", 6, 1)]
    assert told[5:] == [("READY", 7, 2), ("UNSURE", 9, 1)]


def test_a_beam_that_came_on_without_a_lease_is_nowhere_called_ready() -> None:
    facts = leased(frozenset({BEAM_ON}))
    assert (facts.frame.moment, facts.frame.verdict) == (Moment.BEAM_ON, "UNSURE")
    words = content_of(facts, ())
    assert words.verdict_word == "UNSURE"
    assert words.reasons == (NO_LEASE_SENTENCE,)
    assert "UNSURE when it came on" in words.beam[0]
    without = leased(frozenset({3}), range(BEAM_ON))
    assert (without.frame.moment, without.frame.frame_index) == (Moment.LAST, 3)


def test_only_a_beam_that_was_ended_is_called_without_deviation() -> None:
    closed = range(BEAM_ON + 3, BEAM_OFF + 1)
    open_ended = leased(frozenset(), range(BEAM_ON, BEAM_ON + 2))
    assert content_of(open_ended, ()).clean == CLEAN_AS_FAR
    found = Gatherer()
    found.note(EVENTS[BEAM_ON])
    for index in closed:
        found.note(EVENTS.get(index, ()))
        found.emit(frame(index), IN_FORCE)
    assert content_of(build_facts(found, TOLD, with_pictures=False)[0], ()).clean == CLEAN
    assert content_of(leased(frozenset()), ()).clean == ""


def test_a_camera_that_is_lost_under_the_beam_is_on_the_page(tmp_path: Path) -> None:
    def lost() -> None:
        with reporter_of(tmp_path) as reporter:
            take(reporter, range(BEAM_ON + 2))
            raise SourceError("No frame comes any more.", actual="the cable was pulled")

    with pytest.raises(SourceError):
        lost()
    facts = read_facts(tmp_path)
    assert facts.damage == "No frame comes any more: the cable was pulled"
    page = html_of(facts, ())
    assert "It ended early: No frame comes any more: the cable" in page
    assert CLEAN not in page
    assert CLEAN_AS_FAR in page


def test_a_beam_that_no_frame_saw_is_told(tmp_path: Path) -> None:
    with reporter_of(tmp_path) as reporter:
        take(reporter, range(BEAM_ON))
        reporter.note(EVENTS[BEAM_ON])
    assert BEHIND_NOTE in read_facts(tmp_path).notes


def test_of_what_ended_early_no_more_is_claimed_than_was_decided() -> None:
    facts = leased(frozenset(), range(BEAM_ON, BEAM_ON + 2))
    beam = facts.beam[0].model_copy(update={"is_open": False})
    ended = facts.model_copy(update={"beam": (beam,)})
    assert content_of(ended, ()).clean == CLEAN
    assert content_of(ended.model_copy(update={"damage": "x"}), ()).clean == CLEAN_AS_FAR


@pytest.mark.parametrize(
    ("error", "damage"),
    [
        (KeyboardInterrupt(), ""),
        (RuntimeError("x"), "the software failed (RuntimeError)"),
    ],
)
def test_who_ends_a_session_by_hand_breaks_nothing(
    tmp_path: Path, error: BaseException, damage: str
) -> None:
    def ended() -> None:
        with reporter_of(tmp_path) as reporter:
            take(reporter, range(2))
            raise error

    with pytest.raises(type(error)):
        ended()
    assert read_facts(tmp_path).damage == damage


def test_the_reporter_asks_for_the_lease_of_each_frame(tmp_path: Path) -> None:
    held = [True]
    with reporter_of(tmp_path) as reporter:
        reporter.follow_lease(lambda: held[0])
        take(reporter, range(BEAM_ON + 1))
        held[0] = False
        take(reporter, range(BEAM_ON + 1, BEAM_ON + 2))
    assert [span.reasons for span in read_facts(tmp_path).deviations] == [(NO_LEASE,)]


def test_what_the_supervisor_called_out_is_told(tmp_path: Path) -> None:
    make_key_files(tmp_path / "keys")
    key = load_signing_key(tmp_path / "keys" / PRIVATE_NAME)
    ledger = Ledger.create(tmp_path / "ledger.jsonl", key)
    start = SessionStart("s", "m", "p", "r", "c", "limits", None, "live", "")
    with AuditLog.open(tmp_path / "audit.jsonl", "session-1", key, ledger, start) as log:
        bodies: tuple[dict[str, JsonValue], ...] = (
            {"event": "lease", "held": True, "frame_index": 3},
            {"event": "alarm", "what": "NOT_READY_IN_BEAM", "frame_index": 7},
            {"event": "alarm", "what": "", "frame_index": 8},
            {"event": "alarm", "what": "OF_ANOTHER_VERSION", "frame_index": -1},
            {"event": "lost", "n": 3},
            {"event": "fault", "what": "the output broke"},
            {"event": "dropped", "why": "source failed"},
            {"event": "beam_on", "sent": True},
        )
        for body in bodies:
            log.append(AuditKind.SUPERVISOR, body)
    found = told_by_log(tmp_path / "audit.jsonl")
    assert [event.text.partition(" (")[0] for event in found] == [
        "ALARM of the supervisor: the lease was lost under the beam",
        "ALARM of the supervisor: OF_ANOTHER_VERSION",
        "3 events of the supervisor were lost: alarms may be among them",
        "FAULT of the supervisor: the output broke",
        "The lease was dropped: source failed",
    ]
    assert [event.frame_index for event in found[:2]] == [7, None]


def test_refusals_without_end_are_counted() -> None:
    found = Gatherer()
    refused = Event(
        EventKind.WORKFLOW_REFUSED, 3, person="x", refusal=Refusal.WRONG_PIN, what="draw"
    )
    found.note([refused] * (MAX_REFUSED + 7))
    found.note([Event(EventKind.ACKNOWLEDGED, 3, person="x", fault_frame=2)])
    found.emit(frame(3), IN_FORCE)
    *told, acknowledged, further = build_facts(found.copied(), TOLD, with_pictures=False)[0].events
    assert (len(told), acknowledged.kind) == (MAX_REFUSED, "ACKNOWLEDGED")
    assert further.text == "7 further commands were refused: the audit log has them."


def on_demand(folder: Path, frames: range) -> tuple[SessionReporter, ReportOnDemand]:
    """What writes a report of these frames, and the reporter that took them."""
    reporter = reporter_of(folder)
    take(reporter, frames)
    return reporter, ReportOnDemand(reporter, folder, lambda _line: None)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files at once, for what is decided around them; `test_session_reporter` has real ones."""

    def written(report: ReportOnDemand, _snapshot: Snapshot) -> str:
        report._out.mkdir(exist_ok=True)
        for name in PAGES.values():
            (report._out / name).touch()
        return ""

    monkeypatch.setattr(ReportOnDemand, "_failure", written)


class TestOnDemand:
    @pytest.mark.usefixtures("quick")
    def test_a_report_from_before_a_beam_event_is_not_shown(self, tmp_path: Path) -> None:
        _, report = on_demand(tmp_path, range(BEAM_ON))
        report.begin()
        report.wait()
        assert report.path("pdf")
        report.note(EVENTS[0])
        assert report.path("pdf"), "a refused time-out changes nothing of it"
        report.note(EVENTS[BEAM_ON])
        assert [report.path(kind) for kind in ("html", "pdf", "dicom")] == [""] * 3

    @pytest.mark.usefixtures("quick")
    def test_what_is_said_twice_takes_it_away_once(self, tmp_path: Path) -> None:
        _, report = on_demand(tmp_path, range(BEAM_ON + 1))
        report.note(EVENTS[BEAM_ON])
        report.begin()
        report.wait()
        report.note([Event(EventKind.BEAM_ON, BEAM_ON + 1)])
        assert report.path("pdf")

    @pytest.mark.usefixtures("quick")
    def test_one_between_a_beam_event_and_its_frame_is_not_shown(self, tmp_path: Path) -> None:
        reporter, report = on_demand(tmp_path, range(BEAM_ON))
        reporter.note(EVENTS[BEAM_ON])
        report.note(EVENTS[BEAM_ON])
        report.begin()
        report.wait()
        assert (report.path("pdf"), report.has_failed) == ("", False)

    def test_one_that_the_beam_overtakes_is_not_shown_and_the_next_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, report = on_demand(tmp_path, range(2))
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "session_report.pdf").write_bytes(b"%PDF")
        began, may_end, written = threading.Event(), threading.Event(), list[int]()

        def slow(_snapshot: Snapshot) -> str:
            written.append(len(written))
            began.set()
            may_end.wait(10)
            return ""

        monkeypatch.setattr(report, "_failure", slow)
        report.begin()
        assert began.wait(10)
        report.note([OFF])
        may_end.set()
        report.wait()
        assert report.path("pdf") == ""

        may_end.clear()
        began.clear()
        report.begin()
        assert began.wait(10)
        report.begin()
        report.begin()
        may_end.set()
        report.wait()
        assert written == [0, 1, 2], "asked for meanwhile: once more, not twice"
        assert report.path("pdf")

    def test_closing_waits_for_what_is_written_and_begins_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, report = on_demand(tmp_path, range(2))
        began, may_end, ended = threading.Event(), threading.Event(), list[int]()

        def slow(_snapshot: Snapshot) -> str:
            began.set()
            may_end.wait(10)
            ended.append(len(ended))
            return ""

        monkeypatch.setattr(report, "_failure", slow)
        report.begin()
        assert began.wait(10)
        report.begin()
        threading.Timer(0.2, may_end.set).start()
        report.close()
        assert ended == [0]
