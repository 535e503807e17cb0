"""The loops over labels, depth and colour say what OpenCV and NumPy say of whole images."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.doubt_images import (
    BRIGHT_LEVEL,
    DARK_LEVEL,
    MIN_CONTRAST,
    MIN_OUTLINE_PX,
    MIN_STEP,
    REACH_PX,
    THINNING,
    LabelShares,
    OutlineCrop,
    blurred_share,
    no_step_share,
)
from tracking.arrays import Bool, UInt8, UInt16
from tracking.segmentation import Label

SMALL = (60, 106)
SIZES = [(240, 424), (60, 106), (101, 333), (30, 53), (90, 87)]


def labels_of(seed: int, *, at_edge: bool = False, occluded: bool = True) -> UInt8:
    """A cone on a bed, ragged, and a finger before it."""
    rng = np.random.default_rng(seed)
    labels = np.full(SMALL, Label.OTHER, np.uint8)
    labels[20:, 10:90] = Label.TUMOR_BED
    cone = np.s_[:40, :30] if at_edge else np.s_[8:45, 35:60]
    labels[cone][rng.random(labels[cone].shape) < 0.98] = Label.APPLICATOR
    if occluded:
        labels[28:36, 20:50] = Label.OCCLUDER
    return labels


def frame_of(seed: int, size: tuple[int, int]) -> tuple[UInt16, UInt8]:
    """Depth with holes and steps, colour with black and white."""
    rng = np.random.default_rng(seed)
    depth = rng.choice(np.array([0, 4900, 5000, 5050, 6000], np.uint16), size)
    smooth = np.asarray(cv2.blur(rng.integers(0, 256, (*size, 3)).astype(np.uint8), (3, 3)))
    return depth, np.where(rng.random((*size, 1)) < 0.2, smooth // 30, smooth + 100).astype(
        np.uint8
    )


def sampled(image: UInt16 | UInt8) -> NDArray[np.integer]:
    return np.asarray(cv2.resize(image, SMALL[::-1], interpolation=cv2.INTER_NEAREST))


def square(reach: int) -> UInt8:
    return np.ones((2 * reach + 1,) * 2, np.uint8)


def share(values: Bool) -> float:
    return float(values.mean()) if values.size else 0.0


def outline_of(labels: UInt8) -> Bool:
    cone = (labels == Label.APPLICATOR).astype(np.uint8)
    hidden = cv2.dilate((labels == Label.OCCLUDER).astype(np.uint8), square(REACH_PX))
    return np.asarray((cone > cv2.erode(cone, square(1), borderValue=1)) & (hidden == 0))


@pytest.mark.parametrize("size", SIZES)
def test_shares_are_of_every_fourth_pixel(size: tuple[int, int]) -> None:
    labels, (depth, color) = labels_of(1), frame_of(1, size)
    thin = np.s_[::THINNING, ::THINNING]
    has_hole, green, named = sampled(depth)[thin] == 0, sampled(color)[..., 1][thin], labels[thin]
    is_cone, is_bed = named == Label.APPLICATOR, named == Label.TUMOR_BED
    found = LabelShares.of(labels, depth, color)
    assert found.applicator_holes == share(has_hole[is_cone]) > 0
    assert found.bed_holes == share(has_hole[is_bed]) > 0
    assert found.dark == share(green[is_cone | is_bed] <= DARK_LEVEL) > 0
    assert found.bright == share(green[is_cone | is_bed] >= BRIGHT_LEVEL)
    blind = LabelShares.of(labels, depth, None)
    assert blind == LabelShares(found.applicator_holes, found.bed_holes, 0.0, 0.0)


def test_shares_of_nothing_are_none() -> None:
    nothing = np.zeros(SMALL, np.uint8)
    assert LabelShares.of(nothing, *frame_of(1, SMALL)) == LabelShares(0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("at_edge", [False, True])
@pytest.mark.parametrize("occluded", [False, True])
def test_the_crop_is_of_the_images_and_its_shares_are_theirs(
    size: tuple[int, int], at_edge: bool, occluded: bool
) -> None:
    labels, (depth, color) = labels_of(2, at_edge=at_edge, occluded=occluded), frame_of(2, size)
    crop = OutlineCrop.of(labels, depth, color)
    outline = outline_of(labels)
    small, green = sampled(depth).astype(np.uint16), sampled(color)[..., 1].astype(np.uint8)
    top, left = np.argwhere(labels == Label.APPLICATOR).min(0) - REACH_PX - 1
    window = np.s_[max(top, 0) :, max(left, 0) :]
    rows, columns = crop.outline.shape
    assert crop.green is not None
    assert np.array_equal(crop.outline, outline[window][:rows, :columns])
    assert crop.outline.sum() == outline.sum() > MIN_OUTLINE_PX
    assert np.array_equal(crop.depth_raw, small[window][:rows, :columns])
    assert np.array_equal(crop.green, green[window][:rows, :columns])

    near = np.asarray(cv2.erode(np.where(small == 0, 65535, small).astype(np.uint16), square(3)))
    far = np.asarray(cv2.dilate(small, square(3)))[outline]
    expected = far[far > 0] < near[outline][far > 0] * (1 + MIN_STEP)
    assert no_step_share(crop) == share(expected)

    wide = np.asarray(cv2.morphologyEx(green, cv2.MORPH_GRADIENT, square(3)))[outline]
    narrow = cv2.morphologyEx(green, cv2.MORPH_GRADIENT, square(1))
    steep = np.asarray(cv2.dilate(narrow, square(2)))[outline]
    clear = wide >= MIN_CONTRAST
    assert blurred_share(crop) == pytest.approx(1 - np.median(steep[clear] / wide[clear]), abs=1e-6)


def test_a_short_outline_tells_nothing() -> None:
    labels = np.zeros(SMALL, np.uint8)
    labels[30:32, 30:33] = Label.APPLICATOR
    crop = OutlineCrop.of(labels, *frame_of(3, SMALL))
    assert crop.outline.sum() == 6 < MIN_OUTLINE_PX
    assert no_step_share(crop) == blurred_share(crop) == 0.0


def test_without_an_applicator_there_is_no_crop() -> None:
    with pytest.raises(ValueError, match="applicator"):
        OutlineCrop.of(np.zeros(SMALL, np.uint8), *frame_of(3, SMALL))
