"""Corrections of label images by loops, as NumPy and OpenCV would say it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tracking import predicted_pixels
from tracking.arrays import UInt8
from tracking.label_corrections import (
    AGREES,
    APPLICATOR,
    MISSED,
    NEARER,
    OTHER,
    Places,
    in_groups,
    sorted_out,
    with_labels_beside,
)
from tracking.segmentation import Label

SHAPES = [(50, 40), (9, 60), (3, 3), (1, 12), (12, 1), (1, 1)]
CODES = np.array([Label.OTHER, Label.TUMOR_BED, Label.OCCLUDER], np.uint8)


def _labels_and_places(shape: tuple[int, int], share: float) -> tuple[UInt8, Places]:
    rng = np.random.default_rng(shape[0])
    blocks = rng.integers(0, 4, ((shape[0] + 4) // 5, (shape[1] + 4) // 5))
    labels = np.kron(blocks, np.ones((5, 5)))[: shape[0], : shape[1]].astype(np.uint8)
    return labels, np.flatnonzero(rng.random(shape) < share).astype(np.int64)


def test_the_codes_are_the_same_everywhere() -> None:
    assert (Label.OTHER, Label.APPLICATOR) == (OTHER, APPLICATOR)
    there = predicted_pixels
    assert (there.MISSED, there.AGREES, there.NEARER) == (MISSED, AGREES, NEARER)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_groups(shape: tuple[int, int], share: float) -> None:
    labels, places = _labels_and_places(shape, share)
    together = (labels == Label.OCCLUDER.value).astype(np.uint8)
    together.reshape(-1)[places] = 1
    count = cv2.boxFilter(together, cv2.CV_8U, (3, 3), normalize=False).reshape(-1)
    for n_least in (1, 4, 9):
        kept = in_groups(places, labels, Label.OCCLUDER.value, n_least)
        np.testing.assert_array_equal(kept, places[count[places] >= n_least])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("reach_px", [1, 8])
def test_the_commonest_label_beside(shape: tuple[int, int], share: float, reach_px: int) -> None:
    labels, places = _labels_and_places(shape, share)
    window = (2 * reach_px + 1,) * 2
    counts = np.stack(
        [
            cv2.boxFilter((labels == code).view(np.uint8), cv2.CV_16U, window, normalize=False)
            for code in CODES
        ]
    ).reshape(len(CODES), -1)[:, places]
    is_known = counts.max(axis=0) >= 6
    expected = labels.copy()
    expected.reshape(-1)[places[is_known]] = CODES[counts.argmax(axis=0)[is_known]]
    np.testing.assert_array_equal(with_labels_beside(labels, places, CODES, reach_px, 6), expected)


def test_places_sorted_by_what_the_model_says() -> None:
    image, places = _labels_and_places((50, 40), 0.5)
    rng = np.random.default_rng(8)
    labels, codes = (rng.integers(0, 4, len(places)).astype(np.uint8) for _ in range(2))
    near_inside = (image > 1).astype(np.uint8)
    near, far, gained, hiding, n_nearer = sorted_out(places, labels, codes, near_inside)
    is_applicator, is_near = labels == APPLICATOR, near_inside.reshape(-1)[places] > 0
    missed = is_applicator & (codes == MISSED)
    np.testing.assert_array_equal(near, places[missed & is_near])
    np.testing.assert_array_equal(far, places[missed & ~is_near])
    np.testing.assert_array_equal(gained, places[~is_applicator & (codes == AGREES)])
    may_hide = is_applicator | (labels == OTHER)
    np.testing.assert_array_equal(hiding, places[may_hide & (codes == NEARER)])
    assert n_nearer == int((is_applicator & (codes == NEARER)).sum())
