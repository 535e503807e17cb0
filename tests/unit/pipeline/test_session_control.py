from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.session.acknowledgement import acknowledgement_refusal
from pipeline.session.control import FRAMES_OF_OTHER_CONE, Cone
from pipeline.session.events import EventKind
from pipeline.session.persons import PinCheck
from pipeline.session.refusals import Refusal
from tests.session_parts import IDENTITY_NAMES, READ_BACK_NAMES, RUNNING, Session, read_back
from tracking.snapshot import Evidence

BAD_PINS = [
    (PinCheck.WRONG, Refusal.WRONG_PIN),
    (PinCheck.LOCKED, Refusal.PERSON_LOCKED),
    (PinCheck.NO_PIN, Refusal.NO_PIN),
    (PinCheck.UNKNOWN_PERSON, Refusal.UNKNOWN_PERSON),
]


def refusal_of(session: Session, ticket: int) -> str:
    answer = session.typed.answers[ticket]
    assert not answer.accepted
    return answer.code


class TestTimeOut:
    def test_two_persons_make_it_hold_from_that_frame_on(self) -> None:
        session = Session()
        assert session.step().time_out is Evidence.MISSING
        session.typed.confirm("physicist-1")
        first = session.step()
        assert first.time_out is Evidence.MISSING
        assert [e.kind for e in first.events] == [EventKind.TIME_OUT_CONFIRMED]
        ticket = session.typed.confirm("surgeon-1")
        second = session.step()
        assert second.time_out is Evidence.PROVEN
        assert [e.kind for e in second.events] == [EventKind.TIME_OUT_COMPLETE]
        assert second.events[0].persons == ("physicist-1", "surgeon-1")
        assert second.events[0].identities == RUNNING
        assert session.typed.answers[ticket].accepted
        later = session.step()
        assert (later.time_out, later.events) == (Evidence.PROVEN, ())

    def test_the_same_person_twice_is_refused_and_recorded(self) -> None:
        session = Session()
        session.typed.confirm("physicist-1")
        ticket = session.typed.confirm("physicist-1")
        state = session.step()
        assert refusal_of(session, ticket) == Refusal.SAME_PERSON
        assert state.time_out is Evidence.MISSING
        assert state.events[1].refusal is Refusal.SAME_PERSON

    @pytest.mark.parametrize(("pin", "refusal"), BAD_PINS)
    def test_without_the_right_pin_nothing_counts_and_it_is_recorded(
        self, pin: PinCheck, refusal: Refusal
    ) -> None:
        session = Session()
        session.typed.confirm("physicist-1")
        ticket = session.typed.confirm("surgeon-1", pin=pin)
        state = session.step()
        assert refusal_of(session, ticket) == refusal
        assert state.time_out is Evidence.MISSING
        assert (state.events[1].person, state.events[1].refusal) == ("surgeon-1", refusal)

    @pytest.mark.parametrize("name", READ_BACK_NAMES)
    def test_another_read_back_is_refused_recorded_and_takes_back_what_was_confirmed(
        self, name: str
    ) -> None:
        session = Session()
        session.confirmed_by_two()
        ticket = session.typed.confirm("nurse-1", read_back(changed={name: None}))
        state = session.step()
        assert refusal_of(session, ticket) == Refusal.READ_BACK_DIFFERS
        assert name in session.typed.answers[ticket].why
        assert state.time_out is Evidence.MISSING
        assert [e.kind for e in state.events] == [
            EventKind.TIME_OUT_REFUSED,
            EventKind.TIME_OUT_VOID,
        ]
        assert {e.differs for e in state.events} == {(name,)}
        assert session.step().time_out is Evidence.MISSING

    @pytest.mark.parametrize(("pin", "_refusal"), BAD_PINS)
    def test_who_cannot_prove_who_they_are_takes_nothing_away(
        self, pin: PinCheck, _refusal: Refusal
    ) -> None:
        session = Session()
        session.confirmed_by_two()
        session.typed.confirm("surgeon-1", read_back(changed={"patient": None}), pin)
        assert session.step().time_out is Evidence.PROVEN

    @pytest.mark.parametrize(
        ("cone", "refusal"),
        [
            (Cone.UNSEEN, Refusal.CONE_NOT_PLACED),
            (Cone.OTHER, Refusal.OTHER_CONE),
            (Cone.PLACED, Refusal.NOT_DOCKED),
        ],
    )
    def test_before_the_planned_cone_is_placed_and_docked_nobody_can_confirm(
        self, cone: Cone, refusal: Refusal
    ) -> None:
        session = Session(cone=cone)
        ticket = session.typed.confirm("physicist-1")
        state = session.step()
        assert refusal_of(session, ticket) == refusal
        assert state.events[0].refusal is refusal

    def test_the_second_person_confirms_with_the_cone_docked_too(self) -> None:
        session = Session()
        session.typed.confirm("physicist-1")
        session.step()
        session.cone = Cone.PLACED
        ticket = session.typed.confirm("surgeon-1")
        assert session.step().time_out is Evidence.MISSING
        assert refusal_of(session, ticket) == Refusal.NOT_DOCKED
        session.cone = Cone.DOCKED
        session.typed.confirm("surgeon-1")
        assert session.step().time_out is Evidence.PROVEN

    @pytest.mark.parametrize("cone", [Cone.PLACED, Cone.UNSEEN])
    def test_a_head_that_moves_away_takes_nothing_away(self, cone: Cone) -> None:
        session = Session()
        session.confirmed_by_two()
        session.cone = cone
        shown = {session.step().time_out for _ in range(2 * FRAMES_OF_OTHER_CONE)}
        assert shown == {Evidence.PROVEN}

    def test_a_hand_before_the_cone_takes_nothing_away(self) -> None:
        session = Session()
        session.confirmed_by_two()
        session.cone = Cone.UNSEEN
        assert session.step().time_out is Evidence.PROVEN

    def test_another_cone_takes_it_away_for_good(self) -> None:
        session = Session()
        session.confirmed_by_two()
        session.cone = Cone.OTHER
        shown = [session.step().time_out for _ in range(FRAMES_OF_OTHER_CONE - 1)]
        session.cone = Cone.UNSEEN  # a hand before it gives no frame back
        shown.append(session.step().time_out)
        assert set(shown) == {Evidence.PROVEN}
        session.cone = Cone.OTHER
        state = session.step()
        assert state.time_out is Evidence.MISSING
        assert [(e.kind, e.differs) for e in state.events] == [(EventKind.TIME_OUT_VOID, ("cone",))]
        session.cone = Cone.DOCKED
        state = session.step()
        assert (state.time_out, state.events) == (Evidence.MISSING, ())

    def test_a_glimpse_of_another_cone_takes_nothing_away(self) -> None:
        session = Session()
        session.confirmed_by_two()
        for _ in range(5):
            session.cone = Cone.OTHER
            for _ in range(FRAMES_OF_OTHER_CONE - 1):
                session.step()
            session.cone = Cone.PLACED
            assert session.step().time_out is Evidence.PROVEN

    @pytest.mark.parametrize("name", IDENTITY_NAMES)
    def test_any_change_takes_it_away_for_good(self, name: str) -> None:
        session = Session()
        session.confirmed_by_two()
        session.running = replace(RUNNING, **{name: "something else"})
        changed = session.step()
        assert changed.time_out is Evidence.MISSING
        assert changed.events[0].kind is EventKind.TIME_OUT_VOID
        assert changed.events[0].differs == (name,)
        assert changed.events[0].persons == ("physicist-1", "surgeon-1")
        session.running = RUNNING
        back = session.step()
        assert (back.time_out, back.events) == (Evidence.MISSING, ())

    @pytest.mark.parametrize("name", IDENTITY_NAMES)
    def test_a_change_between_the_two_persons_takes_the_first_away(self, name: str) -> None:
        session = Session()
        session.typed.confirm("physicist-1")
        session.step()
        session.running = replace(RUNNING, **{name: "something else"})
        session.typed.confirm("surgeon-1", read_back(session.running))
        state = session.step()
        assert state.time_out is Evidence.MISSING
        assert state.events[-1].persons == ("surgeon-1",)

    def test_after_a_change_two_persons_can_confirm_anew(self) -> None:
        session = Session()
        session.confirmed_by_two()
        session.running = replace(RUNNING, plan="plan-2@0123456789ab")
        session.step()
        session.typed.confirm("physicist-1", read_back(session.running))
        session.typed.confirm("surgeon-1", read_back(session.running))
        assert session.step().time_out is Evidence.PROVEN

    def test_a_read_back_of_the_former_plan_is_refused(self) -> None:
        session = Session()
        session.step()
        session.running = replace(RUNNING, plan="plan-2@0123456789ab")
        ticket = session.typed.confirm("physicist-1", read_back(RUNNING))
        session.step()
        assert refusal_of(session, ticket) == Refusal.READ_BACK_DIFFERS


class TestAcknowledgement:
    def test_the_last_fault_is_acknowledged(self) -> None:
        session = Session(frame_index=99, last_fault_frame=90)
        session.typed.acknowledge("surgeon-1", 90)
        state = session.step()
        assert state.acknowledged_frame == 90
        assert (state.events[0].kind, state.events[0].fault_frame) == (EventKind.ACKNOWLEDGED, 90)
        assert session.step().acknowledged_frame == 90

    @pytest.mark.parametrize(
        ("frame_index", "last_fault_frame", "refusal"),
        [
            (90, None, Refusal.NO_FAULT),
            (89, 90, Refusal.FAULT_IS_NEWER),
            (0, 90, Refusal.FAULT_IS_NEWER),
            (91, 90, Refusal.NOT_A_FAULT),
        ],
    )
    def test_another_frame_is_refused_and_recorded(
        self, frame_index: int, last_fault_frame: int | None, refusal: Refusal
    ) -> None:
        session = Session(frame_index=99, last_fault_frame=last_fault_frame)
        ticket = session.typed.acknowledge("surgeon-1", frame_index)
        state = session.step()
        assert refusal_of(session, ticket) == refusal
        assert state.acknowledged_frame is None
        assert state.events[0].kind is EventKind.ACKNOWLEDGEMENT_REFUSED
        assert state.events[0].refusal is refusal

    @pytest.mark.parametrize(("pin", "refusal"), BAD_PINS)
    def test_without_the_right_pin_nothing_is_acknowledged(
        self, pin: PinCheck, refusal: Refusal
    ) -> None:
        session = Session(frame_index=99, last_fault_frame=90)
        ticket = session.typed.acknowledge("surgeon-1", 90, pin)
        assert session.step().acknowledged_frame is None
        assert refusal_of(session, ticket) == refusal

    def test_a_fault_after_the_acknowledgement_is_not_covered_by_it(self) -> None:
        session = Session(frame_index=99, last_fault_frame=90)
        session.typed.acknowledge("surgeon-1", 90)
        session.step()
        session.last_fault_frame = 100
        state = session.step()
        assert state.acknowledged_frame is not None
        assert state.acknowledged_frame < session.last_fault_frame
        session.typed.acknowledge("surgeon-1", 100)
        assert session.step().acknowledged_frame == 100

    def test_the_same_fault_twice_is_refused(self) -> None:
        assert acknowledgement_refusal(90, 90, 90) is Refusal.ALREADY_ACKNOWLEDGED
        assert acknowledgement_refusal(90, 90, 89) is None


class TestBeam:
    @pytest.mark.parametrize(
        ("is_on", "kind"), [(True, EventKind.BEAM_ON), (False, EventKind.BEAM_OFF)]
    )
    def test_it_is_noted_at_any_time_and_changes_nothing_else(
        self, kind: EventKind, *, is_on: bool
    ) -> None:
        for session in (
            Session(),
            Session(cone=Cone.UNSEEN),
            Session(cone=Cone.OTHER, last_fault_frame=0),
        ):
            ticket = session.typed.beam("surgeon-1", is_on=is_on)
            state = session.step()
            answer = session.typed.answers[ticket]
            assert answer.accepted
            assert answer.why == f"Noted: surgeon-1 says the beam is {'on' if is_on else 'off'}."
            assert [(e.kind, e.person) for e in state.events] == [(kind, "surgeon-1")]
            assert replace(state, events=()) == session.step()

    def test_a_time_out_goes_on_under_it(self) -> None:
        session = Session()
        session.confirmed_by_two()
        session.typed.beam("surgeon-1", is_on=True)
        assert session.step().time_out is Evidence.PROVEN

    def test_twice_is_told_twice(self) -> None:
        session = Session()
        for _ in range(2):
            session.typed.beam("surgeon-1", is_on=True)
        assert [e.kind for e in session.step().events] == [EventKind.BEAM_ON] * 2

    @pytest.mark.parametrize(("pin", "refusal"), BAD_PINS)
    @pytest.mark.parametrize(
        ("is_on", "kind"), [(True, EventKind.BEAM_ON_REFUSED), (False, EventKind.BEAM_OFF_REFUSED)]
    )
    def test_without_the_right_pin_it_is_refused_and_recorded(
        self, pin: PinCheck, refusal: Refusal, kind: EventKind, *, is_on: bool
    ) -> None:
        session = Session()
        ticket = session.typed.beam("surgeon-1", is_on=is_on, pin=pin)
        state = session.step()
        assert refusal_of(session, ticket) == refusal
        assert [(e.kind, e.person, e.refusal) for e in state.events] == [
            (kind, "surgeon-1", refusal)
        ]


class TestStatus:
    def test_it_tells_what_is_running_and_changes_nothing(self) -> None:
        session = Session(frame_index=6, last_fault_frame=3)
        session.typed.confirm("physicist-1")
        session.step()
        ticket = session.typed.ask()
        state = session.step()
        assert state.events == ()
        status = session.typed.answers[ticket].status
        assert status is not None
        assert status.identities.model_dump() == vars(RUNNING)
        assert (status.frame_index, status.last_fault_frame) == (8, 3)
        assert (status.time_out, status.confirmed_by) == (False, ["physicist-1"])

    def test_every_command_is_answered_once_and_in_order(self) -> None:
        session = Session(last_fault_frame=0)
        tickets = [
            session.typed.ask(),
            session.typed.confirm("physicist-1"),
            session.typed.acknowledge("surgeon-1", 0),
            session.typed.ask(),
        ]
        session.step()
        assert list(session.typed.answers) == tickets


def test_events_are_json_without_what_is_empty() -> None:
    session = Session()
    table = session.confirmed_by_two().events[1].to_json()
    assert table == {
        "event": "TIME_OUT_COMPLETE",
        "frame_index": 0,
        "person": "surgeon-1",
        "persons": ["physicist-1", "surgeon-1"],
        "identities": vars(RUNNING),
    }
