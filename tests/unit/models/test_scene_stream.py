"""The stream of training views: what a step sees depends on its number alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from models.features import CANVAS
from models.training.canvas_samples import IGNORED, CanvasSample
from models.training.families import Split
from models.training.scene_stream import (
    DEPTH_STEP_MM,
    WITHHELD_FROM,
    KeptSample,
    Size,
    ViewWindow,
    Window,
    render_scene,
)
from models.training.settings import HALF, Settings

PROOF_FROM = 900_000  # first seed of the views that an export is proven on
WINDOW = Window(first_views=10, views_per_step=2.5, capacity=12)
STEPS = 30


class Numbered:
    """Stands in for the renderer: views that carry their number, and what was asked for."""

    def __init__(self) -> None:
        self.seeds = range(0)

    def views(
        self, seeds: range, n_views: int, split: Split, canvas: Size = CANVAS
    ) -> Iterator[KeptSample]:
        assert (split, canvas) == ("training", CANVAS)
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


def test_no_training_reaches_withheld_seeds() -> None:
    seeds = [phase.window.seeds(range(phase.steps)) for phase in Settings().phases]
    assert all(one.stop < PROOF_FROM < WITHHELD_FROM for one in seeds)
    assert not set(seeds[0]) & set(seeds[1])  # nor twice the same scene, at both sizes


def test_views_at_half_size_are_rendered_at_half_size() -> None:
    view = render_scene(7, 1, "training", HALF)[0]
    shown = view.labels != IGNORED
    assert view.labels.shape == view.depth_steps.shape == HALF
    assert shown.any(axis=1).all()  # as high as the canvas: nothing was enlarged


def test_a_kept_sample_keeps_depth_to_a_tenth_of_a_millimetre() -> None:
    depth = np.array([[0.0, 123.44, 400.06, 7000.0]], np.float32)
    labels = np.zeros((1, 4), np.uint8)
    sample = CanvasSample(depth, np.zeros((1, 4, 3), np.uint8), labels, 300.0)
    again = KeptSample.of(sample).sample
    assert again.focal_px == 300.0
    assert again.depth_mm[0, 0] == 0
    assert np.abs(again.depth_mm - depth)[0, :3].max() <= DEPTH_STEP_MM / 2 + 1e-3
    assert again.depth_mm[0, 3] == pytest.approx(6553.5)
