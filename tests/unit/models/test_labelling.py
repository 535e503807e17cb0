"""The loops over logits say what OpenCV and NumPy say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.labelling import (
    label_image,
    part_probabilities,
    winners,
)
from models.letterbox import Letterbox

CANVAS = (24, 44)
SINGLE = 1e-6  # float32 sums of four exponentials
SIZES = [
    ((48, 84), CANVAS),  # twice as large, as a D405's frame is
    ((100, 70), CANVAS),
    ((30, 55), CANVAS),
    ((24, 44), CANVAS),  # as large
    ((12, 22), CANVAS),  # smaller than the canvas
    ((1, 9), CANVAS),
    ((9, 1), CANVAS),
    ((7, 5), (1, 1)),
]


def logits(shape: tuple[int, int], scale: float, seed: int = 1) -> NDArray[np.float32]:
    """Noise, or (`scale` 0) planes whose winners lie in patches."""
    rng = np.random.default_rng(seed)
    if scale > 0:
        return rng.normal(0, scale, (4, *shape)).astype(np.float32)
    v, u = np.indices(shape)
    waves = [np.sin(u / 5 + code) * np.cos(v / 4 - 2 * code) for code in range(4)]
    return np.array(waves, np.float32)


def softmax_of_winner(planes: NDArray[np.float32]) -> NDArray[np.float64]:
    shares = np.exp(planes.astype(np.float64))
    return np.asarray(shares.max(0) / shares.sum(0))


@pytest.mark.parametrize(("size", "canvas"), SIZES)
@pytest.mark.parametrize("scale", [0.0, 3.0])
def test_labels_are_the_winners_of_every_plane_brought_back(
    size: tuple[int, int], canvas: tuple[int, int], scale: float
) -> None:
    box, planes = Letterbox.fit(size, canvas), logits(canvas, scale)
    shown = planes[:, *box.window]
    restored = np.array(
        [cv2.resize(plane, size[::-1], interpolation=cv2.INTER_LINEAR) for plane in shown]
    )
    best = np.sort(restored, axis=0)
    is_clear = best[-1] - best[-2] > 1e-5  # a tie may fall to either by rounding
    labels = label_image(shown, box.source)
    assert labels.shape == size
    assert np.array_equal(labels[is_clear], restored.argmax(0)[is_clear])
    assert is_clear.mean() > 0.99
    assert np.array_equal(labels, label_image(shown, box.source, winners(shown)))


def test_ties_and_planes_that_are_no_numbers_go_to_the_lower_code() -> None:
    box = Letterbox.fit((48, 88), CANVAS)
    assert not label_image(np.zeros((4, *box.fitted), np.float32), box.source).any()
    spoilt = logits(box.fitted, 3.0)
    spoilt[0] = np.nan
    assert not label_image(spoilt, box.source).any()
    assert not winners(spoilt).any()


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (1, 70), (33, 45), (0, 4), (4, 0)])
def test_winners(shape: tuple[int, int]) -> None:
    planes = np.round(logits(shape, 1.0) if min(shape) else np.zeros((4, *shape), np.float32))
    assert np.array_equal(winners(planes), planes.argmax(0))  # rounded: many ties


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_means_by_part(step: int) -> None:
    planes, n_parts = logits((30, 40), 3.0), 5
    parts = np.random.default_rng(3).integers(0, n_parts - 1, (22, 33)).astype(np.uint32)
    shown = planes[:, 5:27, 4:37]
    chosen = np.flatnonzero(parts)[::step]
    numbers, values = parts.ravel()[chosen], softmax_of_winner(shown).ravel()[chosen]
    mean, n_pixels = part_probabilities(planes, 5, 4, parts, n_parts, step)
    assert n_pixels.tolist() == [0, *np.bincount(parts.ravel(), minlength=n_parts)[1:]]
    for part in range(n_parts):
        expected = values[numbers == part].mean() if (numbers == part).any() else 0.0
        assert mean[part] == pytest.approx(expected, rel=SINGLE)
