"""Whatever people type and whatever changes: it is two people's word for what is running."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.session.control import FRAMES_OF_OTHER_CONE, Cone
from pipeline.session.persons import PinCheck
from tests.session_parts import RUNNING, Session, read_back
from tracking.identities import Identities
from tracking.snapshot import Evidence

PERSONS = ("a", "b", "c")
ITEMS = ("plan", "patient", "machine", "applicator")
NAMES = tuple(entry.name for entry in fields(Identities))

confirm = st.tuples(
    st.just("confirm"),
    st.sampled_from(PERSONS),
    st.sampled_from(list(PinCheck)) | st.just(PinCheck.RIGHT),
    st.none() | st.sampled_from(ITEMS),
)
change = st.tuples(st.just("change"), st.sampled_from(NAMES), st.sampled_from(("x", "y")))
cone = st.tuples(st.just("cone"), st.sampled_from(list(Cone)))
actions = st.lists(confirm | confirm | change | cone | st.just(("wait",)), max_size=30)


@settings(max_examples=200, deadline=None)
@given(actions)
def test_it_holds_only_where_two_people_confirmed_exactly_what_is_running(
    steps: list[tuple[object, ...]],
) -> None:
    session = Session()
    signed: set[object] = set()  # who has signed what is running; the model
    n_other = 0
    for kind, *what in steps:
        if kind == "change":
            name, value = what
            changed = replace(session.running, **{str(name): str(value)})
            signed = set() if changed != session.running else signed
            session.running = changed
        elif kind == "cone":
            session.cone = Cone(str(what[0]))
        seen = {Cone.UNSEEN: n_other, Cone.OTHER: n_other + 1}
        n_other = seen.get(session.cone, 0)
        if n_other >= FRAMES_OF_OTHER_CONE:
            signed = set()
        if kind == "confirm":
            person, pin, wrong = what
            items = read_back(session.running, {str(wrong): None} if wrong else None)
            session.typed.confirm(str(person), items, PinCheck(str(pin)))
            if pin is PinCheck.RIGHT:
                if wrong:
                    signed = set()
                elif session.cone is Cone.DOCKED and len(signed) < 2:
                    signed = {*signed, person}
        state = session.step()
        assert (state.time_out is Evidence.PROVEN) == (len(signed) == 2)
        assert state.confirmed == (session.running if len(signed) == 2 else None)
    assert Session().running == RUNNING
