from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.audit.kinds import AuditKind
from pipeline.recorder.recorder_status import RecorderStatus, StorageTrouble
from pipeline.session.control import Cone, ControlState
from pipeline.session.events import WORKFLOW_EVENTS, Event, EventKind
from pipeline.session.persons import PinCheck
from pipeline.session.refusals import Refusal
from pipeline.session.shell import lease_ids
from pipeline.supervisor.channel import SendResult
from pipeline.supervisor.events import EventKind as SupervisorEventKind
from pipeline.supervisor.events import SupervisorEvent
from tests.builders_results import LIMITS
from tests.session_parts import IDENTITY_NAMES, RUNNING
from tests.shell_parts import SESSION_ID, START, Around, ScriptedControl, record
from tracking.decision import Verdict
from tracking.plan import Tolerance
from tracking.reasons import Reason
from tracking.snapshot import Evidence

KINDS = {
    EventKind.TIME_OUT_CONFIRMED: AuditKind.TIME_OUT,
    EventKind.TIME_OUT_COMPLETE: AuditKind.TIME_OUT,
    EventKind.TIME_OUT_VOID: AuditKind.TIME_OUT,
    EventKind.TIME_OUT_REFUSED: AuditKind.COMMAND_REFUSED,
    EventKind.ACKNOWLEDGED: AuditKind.ACKNOWLEDGEMENT,
    EventKind.ACKNOWLEDGEMENT_REFUSED: AuditKind.COMMAND_REFUSED,
    EventKind.BEAM_ON: AuditKind.SUPERVISOR,
    EventKind.BEAM_OFF: AuditKind.SUPERVISOR,
    EventKind.BEAM_ON_REFUSED: AuditKind.COMMAND_REFUSED,
    EventKind.BEAM_OFF_REFUSED: AuditKind.COMMAND_REFUSED,
    **dict.fromkeys(WORKFLOW_EVENTS, AuditKind.CONFIGURATION),
    EventKind.WORKFLOW_REFUSED: AuditKind.COMMAND_REFUSED,
}


def happened(*events: Event) -> Around:
    """A session in which these events happen before its next frame."""
    return Around(ScriptedControl(ControlState(Evidence.MISSING, None, events)))


def supervisor_event(kind: SupervisorEventKind, **detail: bool | str) -> SupervisorEvent:
    return SupervisorEvent(kind, 5_000, 7, 3, detail)


class TestOrder:
    def test_the_supervisor_hears_a_decision_before_the_audit_log(self) -> None:
        around = Around()
        around.frame(Reason.NO_APPLICATOR)
        assert around.heard == [
            ("renew", (Verdict.HOLD, 0)),
            ("audit", AuditKind.VERDICT),
        ]

    def test_the_supervisor_hears_of_the_beam_before_anything_is_written(self) -> None:
        around = Around()
        around.typed.confirm("physicist-1")
        around.typed.beam("surgeon-1", is_on=True)
        around.typed.beam("surgeon-1", is_on=False)
        around.ask()
        assert around.heard == [
            ("beam", True),
            ("beam", False),
            ("audit", AuditKind.TIME_OUT),
            ("audit", AuditKind.SUPERVISOR),
            ("audit", AuditKind.SUPERVISOR),
        ]

    def test_a_source_that_fails_drops_the_lease_before_it_is_written_down(self) -> None:
        around = Around()
        around.shell.source_failed()
        assert around.heard == [("drop", None), ("audit", AuditKind.SUPERVISOR)]
        assert around.audit.entries[0][1] == {"event": "dropped", "why": "source failed"}

    def test_a_decided_frame_that_nobody_asked_about_is_a_mistake(self) -> None:
        around = Around()
        with pytest.raises(RuntimeError, match="nobody asked about"):
            around.shell.tell(record(0, Verdict.READY, ()), 1_000)
        assert around.heard == []


def lost(around: Around) -> None:
    around.supervisor.is_gone = True


def broken(around: Around) -> None:
    around.supervisor.fault = "the relay does not answer"


def full(around: Around) -> None:
    around.audit.failure = "no space left on the device"


class TestSurroundings:
    def test_where_all_is_well_there_is_no_fault(self) -> None:
        assert Around().ask().faults == frozenset()

    @pytest.mark.parametrize(
        ("breaks", "reason"),
        [
            (lost, Reason.SUPERVISOR_LOST),
            (broken, Reason.OUTPUT_FAILED),
            (full, Reason.AUDIT_FAILED),
        ],
    )
    def test_what_breaks_is_a_fault_of_the_next_frame(
        self, breaks: Callable[[Around], None], reason: Reason
    ) -> None:
        around = Around()
        around.frame()
        breaks(around)
        assert around.ask().faults == frozenset({reason})

    def test_all_that_is_broken_is_told(self) -> None:
        around = Around()
        for breaks in (lost, broken, full):
            breaks(around)
        assert around.ask().faults == frozenset(
            {Reason.SUPERVISOR_LOST, Reason.OUTPUT_FAILED, Reason.AUDIT_FAILED}
        )

    def test_a_time_out_is_evidence_and_the_rest_stays_as_at_the_start(self) -> None:
        around = Around()
        assert around.ask().evidence == START
        around.typed.confirm("physicist-1")
        around.typed.confirm("surgeon-1")
        found = around.ask()
        assert found.evidence == replace(START, time_out=Evidence.PROVEN)
        assert found.confirmed == RUNNING

    def test_the_acknowledged_frame_is_handed_on(self) -> None:
        around = Around(ScriptedControl(ControlState(Evidence.MISSING, 41)))
        assert around.ask().acknowledged_frame == 41


class TestLease:
    def test_it_is_renewed_for_what_runs_now(self) -> None:
        around = Around()
        around.frame()
        for name in ("plan", "patient", "rig", "model"):
            around.running = replace(RUNNING, **{name: "something else"})
            around.frame()
        told = [ids for ids, _ in around.supervisor.leases]
        assert told[0] == lease_ids(SESSION_ID, RUNNING, LIMITS)
        for ids, name in zip(told[1:], ("plan", "patient", "rig", "model"), strict=True):
            changed = {key for key in vars(ids) if getattr(ids, key) != getattr(told[0], key)}
            assert changed == {name}

    def test_it_is_issued_when_the_caller_says(self) -> None:
        around = Around()
        around.frame()
        around.frame()
        assert [issued_ns for _, issued_ns in around.supervisor.leases] == [1_000, 1_001]

    def test_other_limits_or_another_session_are_another_lease(self) -> None:
        wider = replace(LIMITS, air_gap_mm=Tolerance(0.0, 4.0))
        ids = {
            lease_ids(SESSION_ID, RUNNING, LIMITS),
            lease_ids(SESSION_ID, RUNNING, wider),
            lease_ids("session-2", RUNNING, LIMITS),
        }
        assert len(ids) == 3

    def test_every_frame_is_told_ready_or_not(self) -> None:
        around = Around()
        around.frame()
        around.frame()
        around.frame(Reason.NO_APPLICATOR)
        told = [what for name, what in around.heard if name == "renew"]
        assert told == [(Verdict.READY, 0), (Verdict.READY, 1), (Verdict.HOLD, 2)]


class TestVerdicts:
    def test_a_change_is_written_once_with_what_was_before(self) -> None:
        around = Around()
        for reasons in (
            (Reason.NO_APPLICATOR, Reason.NO_BED),
            (Reason.NO_APPLICATOR,),
            (Reason.NO_BED,),
            (Reason.NO_BED,),
            (),
            (),
            (Reason.NO_BED,),
        ):
            around.frame(*reasons)
        told = around.audit.bodies(AuditKind.VERDICT)
        assert [(b["frame_index"], b["from"], b["to"], b["reasons"]) for b in told] == [
            (0, "none", "HOLD", ["NO_APPLICATOR", "NO_BED"]),
            (2, "HOLD", "HOLD", ["NO_BED"]),
            (4, "HOLD", "READY", []),
            (6, "READY", "HOLD", ["NO_BED"]),
        ]
        assert told[1]["stamp_ns"] == record(2, Verdict.READY, ()).stamp_ns

    def test_another_verdict_for_the_same_reason_is_a_change(self) -> None:
        around = Around()
        around.frame(Reason.NO_BED, verdict=Verdict.UNSURE)
        around.frame(Reason.NO_BED, verdict=Verdict.FAULT)
        assert [b["to"] for b in around.audit.bodies(AuditKind.VERDICT)] == ["UNSURE", "FAULT"]

    def test_they_go_on_after_beam_on(self) -> None:
        around = Around()
        around.frame()
        around.typed.beam("surgeon-1", is_on=True)
        around.frame()
        around.frame(Reason.NO_BED)
        around.frame()
        changes = [b["to"] for b in around.audit.bodies(AuditKind.VERDICT)]
        assert changes == ["READY", "HOLD", "READY"]
        assert len(around.supervisor.leases) == 4


class TestEvents:
    @pytest.mark.parametrize("kind", EventKind)
    @pytest.mark.parametrize("identities", [RUNNING, None])
    def test_each_has_its_kind_of_entry_with_all_that_it_must_carry(
        self, kind: EventKind, identities: object
    ) -> None:
        running = RUNNING if identities is not None else None
        around = happened(
            Event(kind, 9, person="surgeon-1", refusal=Refusal.WRONG_PIN, identities=running)
        )
        around.ask()
        [(written, body)] = around.audit.entries
        assert written is KINDS[kind]
        assert (body["frame_index"], body["person"]) == (9, "surgeon-1")
        named = body["command"] if written is AuditKind.COMMAND_REFUSED else body["event"]
        assert named == str(kind)
        if running is not None:
            assert (body["plan"], body["applicator"]) == (RUNNING.plan, RUNNING.applicator)

    def test_a_refusal_says_why(self) -> None:
        around = Around(cone=Cone.UNSEEN)
        around.typed.confirm("physicist-1")
        around.typed.acknowledge("surgeon-1", 3)
        around.typed.beam("surgeon-1", is_on=True, pin=PinCheck.LOCKED)
        around.ask()
        refused = around.audit.bodies(AuditKind.COMMAND_REFUSED)
        assert [(b["person"], b["command"], b["why"]) for b in refused] == [
            ("physicist-1", "TIME_OUT_REFUSED", "CONE_NOT_PLACED"),
            ("surgeon-1", "ACKNOWLEDGEMENT_REFUSED", "NO_FAULT"),
            ("surgeon-1", "BEAM_ON_REFUSED", "PERSON_LOCKED"),
        ]

    def test_a_refused_step_of_the_workflow_says_what_was_asked(self) -> None:
        around = happened(
            Event(
                EventKind.WORKFLOW_REFUSED,
                9,
                person="surgeon-1",
                refusal=Refusal.WRONG_PIN,
                what="approve 2",
            )
        )
        around.ask()
        [body] = around.audit.bodies(AuditKind.COMMAND_REFUSED)
        assert (body["command"], body["what"], body["why"]) == (
            "WORKFLOW_REFUSED",
            "approve 2",
            "WRONG_PIN",
        )

    def test_a_complete_time_out_names_both_persons_and_the_plan(self) -> None:
        around = Around()
        around.typed.confirm("physicist-1")
        around.typed.confirm("surgeon-1")
        around.ask()
        first, second = around.audit.bodies(AuditKind.TIME_OUT)
        assert first["persons"] == ["physicist-1"]
        assert second["persons"] == ["physicist-1", "surgeon-1"]
        assert (second["event"], second["plan"]) == ("TIME_OUT_COMPLETE", RUNNING.plan)

    @pytest.mark.parametrize("name", IDENTITY_NAMES)
    def test_a_time_out_that_a_change_takes_away_is_written(self, name: str) -> None:
        around = Around()
        around.typed.confirm("physicist-1")
        around.ask()
        around.running = replace(RUNNING, **{name: "something else"})
        around.ask()
        body = around.audit.bodies(AuditKind.TIME_OUT)[-1]
        assert (body["event"], body["differs"]) == ("TIME_OUT_VOID", [name])


class TestBeam:
    @pytest.mark.parametrize(
        ("result", "is_sent"),
        [(SendResult.SENT, True), (SendResult.FULL, False), (SendResult.LOST, False)],
    )
    @pytest.mark.parametrize("is_on", [True, False])
    def test_what_a_person_said_is_written_even_where_the_supervisor_did_not_hear_it(
        self, result: SendResult, *, is_sent: bool, is_on: bool
    ) -> None:
        around = Around()
        around.supervisor.result = result
        around.typed.beam("surgeon-1", is_on=is_on)
        around.ask()
        [body] = around.audit.bodies(AuditKind.SUPERVISOR)
        assert (body["person"], body["is_on"], body["sent"]) == ("surgeon-1", is_on, is_sent)

    def test_a_refused_key_does_not_reach_the_supervisor(self) -> None:
        around = Around()
        around.typed.beam("surgeon-1", is_on=True, pin=PinCheck.WRONG)
        around.ask()
        assert around.heard == [("audit", AuditKind.COMMAND_REFUSED)]

    @pytest.mark.parametrize("is_on", [True, False])
    def test_the_supervisors_beam_is_an_entry_of_its_own(self, *, is_on: bool) -> None:
        around = Around()
        around.supervisor.reports = [
            supervisor_event(SupervisorEventKind.BEAM, on=is_on, source="line", counts=True)
        ]
        around.ask()
        around.ask()
        [body] = around.audit.bodies(AuditKind.BEAM)
        assert (body["is_on"], body["source"], body["counts"]) == (is_on, "line", True)
        assert (body["frame_index"], body["sequence"], body["at_ns"]) == (3, 7, 5_000)

    @pytest.mark.parametrize(
        "kind", [kind for kind in SupervisorEventKind if kind is not SupervisorEventKind.BEAM]
    )
    def test_what_else_the_supervisor_reports_is_written_as_such(
        self, kind: SupervisorEventKind
    ) -> None:
        around = Around()
        around.supervisor.reports = [supervisor_event(kind, what="x")]
        around.ask()
        [(written, body)] = around.audit.entries
        assert (written, body["event"], body["what"]) == (AuditKind.SUPERVISOR, str(kind), "x")


class TestRecording:
    """What is wrong with where the session is recorded stands in the log, each change once."""

    def status(self, n_dropped: int, *troubles: StorageTrouble) -> RecorderStatus:
        return RecorderStatus(100, n_dropped, troubles=frozenset(troubles), free_bytes=10**9)

    def test_each_change_is_one_entry(self) -> None:
        around = Around()
        slow, full = StorageTrouble.DROPPING, StorageTrouble.NEARLY_FULL
        told = [self.status(0), self.status(3, slow), self.status(4, slow)]
        told += [self.status(4, slow, full), self.status(4)]
        for index, status in enumerate(told):
            around.shell.recorded(status, index)
        entries = [body for kind, body in around.audit.entries if kind is AuditKind.RECORDING]
        assert [entry["troubles"] for entry in entries] == [
            ["dropping"],
            ["dropping", "nearly_full"],
            [],
        ]
        assert [entry["frame_index"] for entry in entries] == [1, 3, 4]
        assert entries[0]["what"] == "The disk is too slow: 3 frames are not recorded."
        assert entries[1]["n_dropped"] == 4
        assert "1.0 GB are left" in str(entries[1]["what"])
