from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.session.refusals import SENTENCES, Refusal
from pipeline.session.time_out import TimeOut
from tests.session_parts import IDENTITY_NAMES, READ_BACK_NAMES, RUNNING, read_back


def complete() -> TimeOut:
    return TimeOut(RUNNING).confirmed("a", read_back()).confirmed("b", read_back())


def test_nobody_and_one_person_are_not_enough() -> None:
    assert not TimeOut(RUNNING).is_valid_for(RUNNING)
    assert not TimeOut(RUNNING).confirmed("a", read_back()).is_valid_for(RUNNING)
    assert complete().is_valid_for(RUNNING)


def test_the_same_person_twice_is_refused() -> None:
    once = TimeOut(RUNNING).confirmed("a", read_back())
    assert once.refusal("a", read_back()) is Refusal.SAME_PERSON
    with pytest.raises(ValueError, match="SAME_PERSON"):
        once.confirmed("a", read_back())


@pytest.mark.parametrize("name", READ_BACK_NAMES)
@pytest.mark.parametrize("value", ["something else", None])
def test_each_item_that_is_read_back_otherwise_is_refused(name: str, value: str | None) -> None:
    items = read_back(changed={name: value})
    assert items.differences(RUNNING) == (name,)
    assert TimeOut(RUNNING).refusal("a", items) is Refusal.READ_BACK_DIFFERS
    with pytest.raises(ValueError, match="READ_BACK_DIFFERS"):
        TimeOut(RUNNING).confirmed("a", items)


@pytest.mark.parametrize("name", IDENTITY_NAMES)
def test_a_change_of_any_identity_takes_it_away(name: str) -> None:
    changed = replace(RUNNING, **{name: "something else"})
    assert not complete().is_valid_for(changed)
    assert complete().changed(changed) == (name,)
    assert complete().changed(RUNNING) == ()


def test_a_third_person_adds_nothing() -> None:
    assert complete().refusal("c", read_back()) is Refusal.ALREADY_COMPLETE


def test_it_is_a_value() -> None:
    first = TimeOut(RUNNING)
    first.confirmed("a", read_back())
    assert first == TimeOut(RUNNING)


@pytest.mark.parametrize("persons", [("a", "a"), ("a", "b", "c"), ("", "a")])
def test_no_constructor_makes_one_that_was_not_confirmed(persons: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="confirm"):
        TimeOut(RUNNING, persons)


def test_every_refusal_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Refusal)
    assert len(set(SENTENCES.values())) == len(Refusal)
