"""Outlines follow the colours of the full picture; what colour does not tell stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.color_outlines import (
    LEAST_BLOCKS,
    LEAST_EXPLAINED,
    N_COLORS,
    N_LABELS,
    NOISE_GREY_LEVELS,
    REACH,
    SIDE,
    Picture,
)
from models.features import planes
from models.labelling import label_image
from models.letterbox import Letterbox
from models.plane_loops import FOLD, N_COLOR
from models.prediction import Prediction
from tracking.arrays import UInt8
from tracking.segmentation import Label

CANVAS = (48, 80)
BACKGROUND, BED, CONE = (40, 90, 60), (150, 40, 50), (170, 170, 180)
SIZES = [
    (96, 160),  # the canvas at twice its size
    (96, 148),  # columns beside it, an even number
    (96, 154),  # and an odd one
    (86, 160),  # rows above it
    (144, 240),  # three times its size
    (48, 80),  # as large
    (31, 50),  # smaller
]


def scene(size: tuple[int, int], noise: float = 4.0) -> tuple[UInt8, UInt8]:
    """True labels and a noisy picture: a slanting cone on a bed on a cloth."""
    height, width = size
    v, u = np.indices(size)
    labels = np.zeros(size, np.uint8)
    labels[((u / width - 0.5) / 0.4) ** 2 + ((v / height - 0.6) / 0.35) ** 2 < 1] = Label.TUMOR_BED
    labels[np.abs(u / width - 0.55 + 0.15 * v / height) < 0.1] = Label.APPLICATOR
    colors = np.array([BACKGROUND, BED, CONE, (0, 0, 0)], np.float64)[labels]
    noisy = colors + np.random.default_rng(3).normal(0, noise, colors.shape)
    return labels, noisy.clip(0, 255).round().astype(np.uint8)


def picture_of(color_rgb: UInt8) -> Picture:
    box = Letterbox.fit(color_rgb.shape[:2], CANVAS)
    depth = np.full(color_rgb.shape[:2], 500.0, np.float32)
    return Picture(color_rgb, planes(depth, color_rgb, 400.0, box)[0], box)


def on_canvas(labels: UInt8, box: Letterbox, shift: int = 0) -> tuple[UInt8, NDArray[np.float32]]:
    """Labels on the canvas, moved by some of its pixels to the right, and logits for them."""
    shares = np.array([box.shrink((labels == label).astype(np.float32)) for label in Label])
    small = np.roll(shares.argmax(0), shift, axis=1).astype(np.uint8)
    return small, np.array([8.0 * (small == label) for label in Label], np.float32)


def enlarged(labels: UInt8, box: Letterbox, shift: int = 0) -> tuple[UInt8, UInt8]:
    small, logits = on_canvas(labels, box, shift)
    return label_image(logits, box.source, small), small


def told_by_numpy(picture: Picture, labels: UInt8, small: UInt8) -> tuple[UInt8, NDArray[np.bool_]]:
    """The same by NumPy's solver, window by window; and where the winner is clear."""
    box, grid = picture.letterbox, picture.folded.shape[:2]
    n_planes = picture.folded.shape[2] // FOLD**2
    colors = picture.folded.reshape(*grid, FOLD**2, n_planes)[..., :3].astype(np.float64).mean(2)
    whole = np.full((FOLD * grid[0], FOLD * grid[1]), -1)
    whole[box.window] = small
    blocks = whole.reshape(grid[0], FOLD, grid[1], FOLD).swapaxes(1, 2).reshape(*grid, FOLD**2)
    shares = np.stack([(blocks == label).mean(-1) for label in Label], -1)
    is_inside = np.asarray((blocks >= 0).all(-1))
    differs = np.zeros(whole.shape, bool)
    differs[box.window][:-1] |= small[:-1] != small[1:]
    differs[box.window][:, :-1] |= small[:, :-1] != small[:, 1:]
    has_outline = np.asarray(differs.reshape(grid[0], FOLD, grid[1], FOLD).any((1, 3)))
    result, is_clear = labels.copy(), np.ones(labels.shape, bool)
    v, u = np.indices(labels.shape)
    own_v = ((v + 0.5) * box.fitted[0] / labels.shape[0] + box.top) // FOLD
    own_u = ((u + 0.5) * box.fitted[1] / labels.shape[1] + box.left) // FOLD
    for row, column in np.argwhere(is_inside):
        window, beside = (
            np.s_[max(row - n, 0) : row + n + 1, max(column - n, 0) : column + n + 1]
            for n in (REACH, 1)
        )
        inside = is_inside[window]
        if not has_outline[beside].any() or inside.sum() < LEAST_BLOCKS:
            continue
        x, y = colors[window][inside], shares[window][inside]
        off, spread = x - x.mean(0), y - y.mean(0)
        ridge = len(x) * NOISE_GREY_LEVELS**2 * np.eye(3)
        slope = np.linalg.solve(off.T @ off + ridge, off.T @ spread)
        if not (slope * (off.T @ spread)).sum() > LEAST_EXPLAINED * (spread**2).sum():
            continue
        near = blocks[beside][is_inside[beside]]
        own = (own_v == row) & (own_u == column)
        told = (picture.color_rgb[own] - x.mean(0)) @ slope + y.mean(0)
        told[:, [label not in near for label in Label]] = -np.inf
        result[own] = told.argmax(1)
        best = np.sort(told, axis=1)
        is_clear[own] = best[:, -1] - best[:, -2] > 1e-9
    return result, is_clear


def test_what_the_loop_knows_by_heart_is_what_the_others_say() -> None:
    assert (FOLD, N_COLOR, len(Label)) == (SIDE, N_COLORS + 1, N_LABELS)
    assert 2 * REACH + 1 == 5  # blocks of a window's side, which are added up in one line


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("noise", [4.0, 60.0])
def test_pixels_get_the_label_that_a_ridge_regression_by_numpy_gives_them(
    size: tuple[int, int], noise: float
) -> None:
    truth, color_rgb = scene(size, noise)
    picture = picture_of(color_rgb)
    labels, small = enlarged(truth, picture.letterbox, shift=1)
    expected, is_clear = told_by_numpy(picture, labels, small)
    told = picture.outlined(labels, small)
    assert np.array_equal(told[is_clear], expected[is_clear])
    assert is_clear.mean() > 0.99
    assert (told != labels).any()


@pytest.mark.parametrize("size", [(96, 160), (144, 240), (96, 154)])
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_outlines_that_are_off_by_a_canvas_pixel_come_back_to_the_true_ones(
    size: tuple[int, int], shift: int
) -> None:
    truth, color_rgb = scene(size)
    picture = picture_of(color_rgb)
    labels, small = enlarged(truth, picture.letterbox, shift)
    told = picture.outlined(labels, small)
    assert np.mean(told != truth) < 0.1 * np.mean(labels != truth)


def test_without_contrast_labels_stay_as_they_are() -> None:
    truth, color_rgb = scene((96, 160))
    picture = picture_of(np.full_like(color_rgb, 90))
    labels, small = enlarged(truth, picture.letterbox)
    assert np.array_equal(picture.outlined(labels, small), labels)


def test_noise_explains_labels_by_chance_alone_and_seldom() -> None:
    truth, color_rgb = scene((96, 160))
    noise = np.random.default_rng(5).normal(90, 20, color_rgb.shape).clip(0, 255).astype(np.uint8)
    picture = picture_of(noise)
    labels, small = enlarged(truth, picture.letterbox)
    moved = np.mean(picture.outlined(labels, small) != labels)
    assert moved < 0.01  # of all pixels, outlines are in a tenth of the blocks


def test_where_colour_tells_one_outline_but_not_another_only_the_first_one_moves() -> None:
    truth, color_rgb = scene((96, 160))
    color_rgb[truth == Label.TUMOR_BED] = BACKGROUND
    picture = picture_of(color_rgb)
    labels, small = enlarged(truth, picture.letterbox, shift=1)
    changed = picture.outlined(labels, small) != labels
    touches_cone = np.zeros(truth.shape, bool)
    for v, u in np.argwhere(truth == Label.APPLICATOR):
        touches_cone[max(v - 12, 0) : v + 13, max(u - 12, 0) : u + 13] = True
    assert changed[touches_cone].any()
    assert not changed[~touches_cone].any()


def test_a_picture_of_one_label_has_no_outline() -> None:
    _, color_rgb = scene((96, 160))
    picture = picture_of(color_rgb)
    for label in Label:
        labels, small = enlarged(np.full((96, 160), label, np.uint8), picture.letterbox)
        assert np.array_equal(picture.outlined(labels, small), labels)


def test_a_window_of_which_half_lies_beyond_the_picture_tells_nothing() -> None:
    """Nine blocks around the one in the corner, twelve around the next."""
    color_rgb = np.full((96, 160, 3), BACKGROUND, np.uint8)
    color_rgb[:8, :6] = CONE
    color_rgb[:2, :2] = BACKGROUND
    labels = np.zeros((96, 160), np.uint8)
    labels[:8, :8] = Label.APPLICATOR
    picture = picture_of(color_rgb)
    before, small = enlarged(labels, picture.letterbox)
    told = picture.outlined(before, small)
    assert (told[:4, :4] == Label.APPLICATOR).all()
    assert (told[:4, 4:6] == Label.APPLICATOR).all()
    assert (told[:4, 6:8] == Label.OTHER).all()


def test_the_labels_given_are_not_written_to() -> None:
    truth, color_rgb = scene((96, 160))
    picture = picture_of(color_rgb)
    labels, small = enlarged(truth, picture.letterbox, shift=1)
    labels.flags.writeable = small.flags.writeable = False
    before = labels.copy()
    assert (picture.outlined(labels, small) != before).any()
    assert np.array_equal(labels, before)


def test_a_prediction_without_a_picture_keeps_the_canvas_outlines() -> None:
    truth, color_rgb = scene((96, 160))
    picture = picture_of(color_rgb)
    small, logits = on_canvas(truth, picture.letterbox, shift=1)
    plain = Prediction(logits, (96, 160), small)
    followed = Prediction(logits, (96, 160), small, picture=picture)
    assert np.array_equal(plain.labels, label_image(logits, (96, 160), small))
    assert np.array_equal(followed.labels, picture.outlined(plain.labels, small))
    assert (followed.labels != plain.labels).any()
    assert not followed.labels.flags.writeable


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    truth, color_rgb = scene((96, 160))
    picture = picture_of(color_rgb)
    labels, small = enlarged(truth, picture.letterbox)
    with pytest.raises(ValueError, match="no picture of these labels"):
        picture.outlined(labels[1:], small)
    with pytest.raises(ValueError, match="rows or labels"):
        picture.outlined(labels, np.vstack([small, small]))
    with pytest.raises(ValueError, match="rows or labels"):
        picture.outlined(labels, np.full_like(small, len(Label)))
    with pytest.raises(ValueError, match="columns"):
        picture.outlined(labels, np.hstack([small, small]))
