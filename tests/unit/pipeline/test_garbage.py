"""Cycles are collected between frames, and never while one is measured."""

from __future__ import annotations

import gc
import weakref

import pytest

from pipeline.garbage import FRAMES_BETWEEN_ALL, collected_between_frames


class Link:
    def __init__(self) -> None:
        self.itself = self


def cycle() -> weakref.ref[Link]:
    return weakref.ref(Link())


def test_a_cycle_lives_until_its_frame_is_over() -> None:
    with collected_between_frames() as collect:
        left = cycle()
        _ = [[] for _ in range(100_000)]  # would trigger the collector
        assert left() is not None
        collect()
        assert left() is None


def test_what_outlives_some_frames_is_collected_later() -> None:
    with collected_between_frames() as collect:
        kept = Link()
        left = weakref.ref(kept)
        for _ in range(5):
            collect()  # it grows old
        del kept
        for _ in range(FRAMES_BETWEEN_ALL):
            collect()
        assert left() is None


def fail_inside() -> None:
    with collected_between_frames():
        assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
        raise KeyError


@pytest.mark.parametrize("is_enabled", [True, False])
def test_afterwards_all_is_as_before(is_enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if is_enabled else gc.disable)()
        with pytest.raises(KeyError):
            fail_inside()
        assert gc.isenabled() == is_enabled
        assert (gc.get_freeze_count() == 0) == is_enabled
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()
