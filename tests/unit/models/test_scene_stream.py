"""The stream of training views: what a step sees depends on its number alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from models.features import CANVAS
from models.training.canvas_samples import CanvasSample
from models.training.families import Split
from models.training.scene_stream import (
    DEPTH_STEP_MM,
    KeptSample,
    Size,
    ViewWindow,
    Window,
)
from models.training.settings import Settings, from_exported, from_random

WINDOW = Window(first_views=10, views_per_step=2.5, capacity=12)
STEPS = 30
FIRST_HELD = 900_000  # seeds from here on measure: export, held and withheld scenes


class Numbered:
    """Stands in for the renderer: views that carry their number, and what was asked for."""

    def __init__(self) -> None:
        self.seeds = range(0)

    def views(
        self, seeds: range, n_views: int, split: Split, canvas: Size = CANVAS
    ) -> Iterator[KeptSample]:
        assert (split, canvas) == ("training", WINDOW.canvas)
        self.seeds = seeds
        empty = np.zeros((1, 1), np.uint8)
        for number in range(seeds.start * n_views, seeds.stop * n_views):
            yield KeptSample(empty.astype(np.uint16), empty, empty, float(number))


def numbers(start: int, stop: int) -> list[list[int]]:
    window = ViewWindow(Numbered(), WINDOW, range(start, stop))
    return [[int(view.focal_px) for view in window.at(step)] for step in range(start, stop)]


def test_a_step_sees_the_last_views_that_are_due() -> None:
    for step, seen in enumerate(numbers(0, STEPS)):
        assert seen == list(range(WINDOW.start(step), WINDOW.end(step)))
        assert len(seen) <= WINDOW.capacity
    assert WINDOW.end(0) == WINDOW.first_views


@pytest.mark.parametrize("start", [1, 7, 29])
def test_a_training_that_continues_sees_the_same(start: int) -> None:
    assert numbers(start, STEPS) == numbers(0, STEPS)[start:]


def seeds_of(settings: Settings) -> list[range]:
    return [phase.window.seeds(range(phase.steps)) for phase in settings.phases]


def test_no_scene_is_met_by_two_phases_and_none_is_held_or_withheld() -> None:
    every = sorted(
        seeds_of(from_random()) + seeds_of(from_exported("0")), key=lambda one: one.start
    )
    assert all(one.stop <= following.start for one, following in pairwise(every))
    assert every[-1].stop < FIRST_HELD


def test_what_comes_before_the_fall_does_not_depend_on_how_much_follows() -> None:
    short, long = from_exported("0", 500, 10), from_exported("0", 500, 1000)
    assert [short.rate(step) for step in range(501)] == [long.rate(step) for step in range(501)]
    for settings in (short, long, from_random(40, 60)):
        rates = [settings.rate(step) for step in range(settings.steps + 1)]
        assert max(rates) == 1.0
        assert rates[-1] == pytest.approx(0.0, abs=1e-9)
        falling = rates[settings.hold_steps :]
        assert falling == sorted(falling, reverse=True)


def test_a_kept_sample_keeps_depth_to_a_tenth_of_a_millimetre() -> None:
    depth = np.array([[0.0, 123.44, 400.06, 7000.0]], np.float32)
    labels = np.zeros((1, 4), np.uint8)
    sample = CanvasSample(depth, np.zeros((1, 4, 3), np.uint8), labels, 300.0)
    again = KeptSample.of(sample).sample
    assert again.focal_px == 300.0
    assert again.depth_mm[0, 0] == 0
    assert np.abs(again.depth_mm - depth)[0, :3].max() <= DEPTH_STEP_MM / 2 + 1e-3
    assert again.depth_mm[0, 3] == pytest.approx(6553.5)
