"""Two threads that work side by side have a processor each, and leave no trace of that."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from models.processors import Apart, apart, keep_to, kept_to
from models.two_at_once import both

ALL = frozenset(os.sched_getaffinity(0))
needs_two = pytest.mark.skipif(len(ALL) < 2, reason="needs two processors")


def here() -> frozenset[int]:
    return frozenset(os.sched_getaffinity(0))


def fails(seen: list[frozenset[int]]) -> None:
    seen.append(here())
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    os.sched_setaffinity(0, ALL)


@needs_two
def test_they_share_none() -> None:
    places = apart()
    assert places is not None
    assert places.second not in places.first
    assert places.first | {places.second} == ALL
    beside, mine = both(here, here)
    assert beside == {places.second}
    assert mine == places.first
    assert here() == ALL


def test_one_processor_is_not_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _thread: {3})
    assert apart() is None


def test_second_threads_of_several_processes_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _thread: {2, 5, 7})
    seconds = []
    for number in (30, 31, 32, 33):
        monkeypatch.setattr(os, "getpid", lambda number=number: number)
        places = apart()
        assert isinstance(places, Apart)
        seconds.append(places.second)
    assert seconds == [2, 5, 7, 2]


@needs_two
def test_it_ends_with_what_was_before_also_after_an_error() -> None:
    one = frozenset({min(ALL)})
    seen: list[frozenset[int]] = []
    with pytest.raises(ZeroDivisionError), kept_to(one):
        fails(seen)
    assert seen == [one]
    assert here() == ALL
    os.sched_setaffinity(0, one)
    with kept_to(ALL - one):  # none of them is allowed
        assert here() == one
    assert here() == one


@needs_two
@pytest.mark.parametrize("processors", [None, frozenset[int](), frozenset({4000})])
def test_what_cannot_be_is_as_before(processors: frozenset[int] | None) -> None:
    keep_to(processors)
    assert here() == ALL
