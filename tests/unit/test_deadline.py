"""Only what is marked `slow`, and only after the time that CI sets, is not begun."""

from __future__ import annotations

import time

import pytest

from tests.deadline import VARIABLE, skip_if_too_late

HOUR_S = 3600


class Item:
    """What the rule asks of a test."""

    name = "test_made_up"

    def __init__(self, *marks: str) -> None:
        self.marks = marks

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


def is_begun(*marks: str) -> bool:
    try:
        skip_if_too_late(Item(*marks))  # type: ignore[arg-type]
    except pytest.skip.Exception:
        return False
    return True


def test_without_a_time_everything_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert is_begun("slow")


def test_after_the_time_only_what_is_short_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(time.time() - HOUR_S))
    assert not is_begun("slow")
    assert not is_begun("alone", "slow")
    assert is_begun("alone")
    assert is_begun()


def test_before_it_everything_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(time.time() + HOUR_S))
    assert is_begun("slow")
