"""The bed's pattern in a picture: what it keeps, and what it leaves out."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.survey_scene import HOME_MAP, camera_pose, hollow, shoot, vessels
from tracking.arrays import Bool, Float, UInt8
from tracking.bed_texture import AROUND_PX, FINE_PX, BedTexture, bed_texture
from tracking.segmentation import Label

SHOT = shoot(hollow(), camera_pose(), None, paint=vessels)
NOTHING_HIDDEN = np.zeros_like(SHOT.labels)
BED_PX = (120, 210)  # a pixel in the bed's middle


def pattern(color: UInt8 | None = SHOT.color_rgb, hidden: UInt8 = NOTHING_HIDDEN) -> BedTexture:
    found = bed_texture(color, SHOT.labels, hidden)
    assert found is not None
    return found


def known(texture: BedTexture) -> Bool:
    return np.isfinite(texture.values)


def test_without_colour_or_bed_there_is_none() -> None:
    assert bed_texture(None, SHOT.labels, NOTHING_HIDDEN) is None
    assert bed_texture(SHOT.color_rgb, NOTHING_HIDDEN, NOTHING_HIDDEN) is None


def known_of(labels: UInt8) -> Bool:
    """Pixels of the whole picture that have a pattern under these labels."""
    found = bed_texture(SHOT.color_rgb, labels, NOTHING_HIDDEN)
    assert found is not None
    whole = np.zeros(labels.shape, dtype=bool)
    (column, row), (height, width) = found.corner_px, found.values.shape
    whole[row : row + height, column : column + width] = known(found)
    return whole


def away_px(labels: UInt8) -> Float:
    """How far pixels are from the nearest that is neither bed nor before it, along an axis."""
    inside = (labels != Label.OTHER).astype(np.uint8)
    away: Float = cv2.distanceTransform(inside, cv2.DIST_C, 3).astype(np.float64)
    return away


def test_it_is_of_the_bed_alone_and_not_of_what_its_outline_may_take_in() -> None:
    bed = SHOT.labels == Label.TUMOR_BED
    away, told = away_px(SHOT.labels), known_of(SHOT.labels)
    assert not told[~bed | (away <= AROUND_PX)].any()
    assert told[bed & (away > AROUND_PX + 2 * FINE_PX)].all()


def test_a_cone_before_the_bed_is_no_outline_and_nor_is_a_speck() -> None:
    row, column = BED_PX
    labels = SHOT.labels.copy()
    labels[row : row + 3, column : column + 3] = Label.OTHER
    whole, told = known_of(SHOT.labels), known_of(labels)
    assert told[row - 4, column - 4]
    labels[row : row + 8, column : column + 8] = Label.OTHER
    assert not known_of(labels)[row - 4, column - 4]
    labels[row : row + 8, column : column + 8] = Label.APPLICATOR
    assert known_of(labels)[row - 4, column - 4]
    assert whole[row - 4, column - 4]


def test_a_bed_that_goes_on_beyond_the_picture_has_a_pattern_there() -> None:
    labels = np.full_like(SHOT.labels, Label.TUMOR_BED)
    assert known_of(labels)[:, round(2 * FINE_PX)].any()


@pytest.mark.parametrize("level", [0, 255], ids=["dark", "gleam"])
def test_pixels_without_a_brightness_have_no_pattern(level: int) -> None:
    assert SHOT.color_rgb is not None
    color = SHOT.color_rgb.copy()
    middle = slice(110, 130), slice(200, 220)
    color[middle] = level
    column, row = pattern().corner_px
    inside = slice(110 - row, 130 - row), slice(200 - column, 220 - column)
    assert known(pattern())[inside].all()
    assert not known(pattern(color))[inside].any()


def test_what_hides_the_bed_has_none() -> None:
    hidden = NOTHING_HIDDEN.copy()
    hidden[:, 200:] = 1
    texture = pattern(hidden=hidden)
    assert not known(texture)[:, 200 - texture.corner_px[0] :].any()


def test_half_the_light_is_the_same_pattern() -> None:
    assert SHOT.color_rgb is not None
    dim = pattern(SHOT.color_rgb // 2).values
    both = np.isfinite(dim) & known(pattern())
    contrast = float(np.std(pattern().values[both]))
    assert float(np.std(dim[both] - pattern().values[both])) < 0.1 * contrast


def test_slopes_are_those_of_the_values() -> None:
    texture = pattern()
    u, v = np.array([205.3, 212.8]), np.array([118.2, 121.9])
    values, across, down = texture.with_slopes_at(u, v)
    right, _, _ = texture.with_slopes_at(u + 0.5, v)
    below, _, _ = texture.with_slopes_at(u, v + 0.5)
    assert right - values == pytest.approx(across / 2, abs=0.02)
    assert below - values == pytest.approx(down / 2, abs=0.02)
    assert np.isnan(texture.with_slopes_at(np.array([0.0]), np.array([0.0]))[0]).all()


def test_a_map_without_colour_knows_no_pattern() -> None:
    assert np.isnan(HOME_MAP.texture).all()
