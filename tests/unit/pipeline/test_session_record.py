from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.session.control import FRAMES_OF_OTHER_CONE, Cone, ControlState
from pipeline.session.control_record import ControlRecord, control_record_from_json
from pipeline.session.running import applicator_content_id
from tests.session_parts import RUNNING, Session, read_back
from tracking.errors import SourceError
from tracking.snapshot import Evidence

OTHER = replace(RUNNING, rig="834412070001@ba9876543210")


def recorded_session() -> tuple[ControlRecord, list[ControlState]]:
    """A time-out, a change of rig, a time-out for that one, and two faults."""
    session, record, states = Session(), ControlRecord(), []
    for frame in range(40):
        session.running = RUNNING if frame < 20 else OTHER
        session.last_fault_frame = None if frame < 8 else 8 if frame < 30 else 30
        if frame in (5, 25):
            session.typed.confirm("physicist-1", read_back(session.running))
            session.typed.confirm("surgeon-1", read_back(session.running))
        if frame in (12, 33):
            session.typed.acknowledge("surgeon-1", session.last_fault_frame or 0)
        state = session.step()
        record = record.with_events(state.events)
        states.append(state)
    return record, states


def test_a_replay_has_what_the_live_session_had_for_every_frame() -> None:
    record, states = recorded_session()
    again = control_record_from_json(json.loads(json.dumps(record.to_json())), "x.mcap")
    assert again == record
    for frame, state in enumerate(states):
        replayed = again.state(frame, RUNNING if frame < 20 else OTHER)
        assert replayed == replace(state, events=())
    held = [state.time_out is Evidence.PROVEN for state in states]
    assert (sum(held), held.index(True), states[-1].acknowledged_frame) == (30, 5, 30)


@pytest.mark.parametrize("name", list(vars(RUNNING)))
def test_a_replay_with_anything_else_has_no_time_out(name: str) -> None:
    record, _ = recorded_session()
    changed = replace(RUNNING, **{name: "something else"})
    assert {record.state(i, changed).time_out for i in range(40)} == {Evidence.MISSING}


def test_a_time_out_that_another_cone_took_away_ends_there() -> None:
    session, record = Session(), ControlRecord()
    record = record.with_events(session.confirmed_by_two().events)
    session.cone = Cone.OTHER
    for _ in range(FRAMES_OF_OTHER_CONE):
        record = record.with_events(session.step().events)
    spans = [(t.from_frame, t.until_frame) for t in record.time_outs]
    assert spans == [(0, FRAMES_OF_OTHER_CONE)]


def test_half_a_time_out_is_none() -> None:
    session = Session()
    session.typed.confirm("physicist-1")
    assert ControlRecord().with_events(session.step().events) == ControlRecord()


def test_an_empty_record_holds_nothing() -> None:
    state = control_record_from_json({}, "x.mcap").state(0, RUNNING)
    assert state == ControlState(Evidence.MISSING, None)


def damaged(place: str, value: object) -> dict[str, Any]:
    table: dict[str, Any] = json.loads(json.dumps(recorded_session()[0].to_json()))
    *path, last = place.split(".")
    target: Any = table
    for part in path:
        target = target[int(part) if part.isdigit() else part]
    target[last] = value
    return table


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("time_outs.0.persons", ["a"]),
        ("time_outs.0.persons", ["a", "a"]),
        ("time_outs.0.persons", ["a", "b", "c"]),
        ("time_outs.0.persons", ["a", ""]),
        ("time_outs.0.from_frame", -1),
        ("time_outs.0.from_frame", 5.0),
        ("time_outs.0.from_frame", True),
        ("time_outs.0.from_frame", "5"),
        ("time_outs.0.until_frame", 4),
        ("time_outs.0.identities", {}),
        ("time_outs.0.identities.plan", None),
        ("time_outs.0.identities.site", "x"),
        ("time_outs.0.forged", True),
        ("time_outs", {}),
        ("acknowledgements.0.fault_frame", np.nan),
        ("acknowledgements.0.person", ""),
        ("acknowledgements.0.frame_index", 2**60),
        ("more", []),
    ],
)
def test_a_damaged_record_is_refused(place: str, value: object) -> None:
    with pytest.raises(SourceError, match=r"x\.mcap: the record of time-outs"):
        control_record_from_json(damaged(place, value), "x.mcap")


def test_the_identity_of_a_cone_covers_every_value_of_its_entry() -> None:
    cone = read_catalogue().find("MOB-D60-B15")
    ids = {
        applicator_content_id(changed)
        for changed in (
            cone,
            replace(cone, length_mm=302.0),
            replace(cone, wall_mm=2.1),
            replace(cone, bevel_deg=30.0),
            replace(cone, field_margin_mm=1.0),
            replace(cone, id="MOB-D60-B16"),
        )
    }
    assert len(ids) == 6
    assert applicator_content_id(cone).startswith("MOB-D60-B15@")
