"""The stream of training views: what a step sees depends on its number alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from models.features import CANVAS
from models.training.canvas_samples import CanvasSample
from models.training.families import Split
from models.training.raw_depth import DEPTH_UNIT_MM
from models.training.scene_stream import (
    VIEWS_PER_SCENE,
    WITHHELD_FROM,
    KeptSample,
    Size,
    ViewWindow,
    Window,
)
from models.training.settings import SMALL, Settings, going_on

FIRST_SCENE = 3
WINDOW = Window(10, views_per_step=2.5, capacity=12, first_scene=FIRST_SCENE, canvas=SMALL)
STEPS = 30
FIRST_MEASURED = 900_000  # seeds from here on measure


class Numbered:
    """Stands in for the renderer: views that carry their number, and what was asked for."""

    def __init__(self) -> None:
        self.seeds = range(0)

    def views(
        self, seeds: range, n_views: int, split: Split, canvas: Size = CANVAS
    ) -> Iterator[KeptSample]:
        assert (split, canvas) == ("training", SMALL)
        self.seeds = seeds
        empty = np.zeros((1, 1), np.uint8)
        for number in range(seeds.start * n_views, seeds.stop * n_views):
            yield KeptSample(empty.astype(np.uint16), empty, empty, float(number))


def numbers(start: int, stop: int) -> list[list[int]]:
    window = ViewWindow(Numbered(), WINDOW, range(start, stop))
    first = FIRST_SCENE * VIEWS_PER_SCENE
    return [[int(one.focal_px) - first for one in window.at(step)] for step in range(start, stop)]


def test_a_step_sees_the_last_views_that_are_due() -> None:
    for step, seen in enumerate(numbers(0, STEPS)):
        assert seen == list(range(WINDOW.start(step), WINDOW.end(step)))
        assert len(seen) <= WINDOW.capacity
    assert WINDOW.end(0) == WINDOW.first_views


@pytest.mark.parametrize("start", [1, 7, 29])
def test_a_training_that_continues_sees_the_same(start: int) -> None:
    assert numbers(start, STEPS) == numbers(0, STEPS)[start:]


def test_phases_and_trainings_share_no_scene_and_meet_no_held_or_withheld_one() -> None:
    settings = Settings(small_steps=100_000, whole_steps=50_000)
    phases = [*settings.phases, going_on("0" * 64, settings.whole_steps).phases[-1]]
    scenes = [phase.window.scenes(range(phase.steps)) for phase in phases]
    assert all(ours.stop <= next_.start for ours, next_ in pairwise(scenes))
    assert scenes[-1].stop < FIRST_MEASURED < WITHHELD_FROM


def test_the_rate_rises_holds_and_falls_and_holding_does_not_depend_on_how_long() -> None:
    short, long = Settings(small_steps=500, whole_steps=100), Settings(small_steps=900)
    rates = [short.rate(step) for step in range(short.steps + 1)]
    assert rates[: short.warm_up_steps] == sorted(rates[: short.warm_up_steps])
    assert set(rates[short.warm_up_steps : short.small_steps + 1]) == {1.0}
    assert rates[short.small_steps + 50] == pytest.approx(0.5)
    assert rates[-1] == 0.0
    assert rates[: short.small_steps] == [long.rate(step) for step in range(short.small_steps)]
    assert short.hold_id() == long.hold_id() != short.training_id()
    assert long.rate(long.small_steps) == 1.0


def test_a_training_that_goes_on_is_another_training_than_one_from_another_file() -> None:
    ids = {going_on(digit * 64, 10).training_id() for digit in "01"} | {Settings().training_id()}
    assert len(ids) == 3


def test_a_kept_sample_keeps_depth_to_a_tenth_of_a_millimetre() -> None:
    depth = np.array([[0.0, 123.44, 400.06, 7000.0]], np.float32)
    labels = np.zeros((1, 4), np.uint8)
    sample = CanvasSample(depth, np.zeros((1, 4, 3), np.uint8), labels, 300.0)
    again = KeptSample.of(sample).sample
    assert again.focal_px == 300.0
    assert again.depth_mm[0, 0] == 0
    assert np.abs(again.depth_mm - depth)[0, :3].max() <= DEPTH_UNIT_MM / 2 + 1e-3
    assert again.depth_mm[0, 3] == 0  # beyond 16 bits: a hole
