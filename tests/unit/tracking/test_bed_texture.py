"""The bed's pattern in a picture: what it keeps, and what it leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.survey_scene import HOME_MAP, camera_pose, hollow, shoot, vessels
from tracking.arrays import Bool, UInt8
from tracking.bed_texture import BedTexture, bed_texture
from tracking.segmentation import Label

SHOT = shoot(hollow(), camera_pose(), None, paint=vessels)
NOTHING_HIDDEN = np.zeros_like(SHOT.labels)


def pattern(color: UInt8 | None = SHOT.color_rgb, hidden: UInt8 = NOTHING_HIDDEN) -> BedTexture:
    found = bed_texture(color, SHOT.labels, hidden)
    assert found is not None
    return found


def known(texture: BedTexture) -> Bool:
    return np.isfinite(texture.values)


def test_without_colour_or_bed_there_is_none() -> None:
    assert bed_texture(None, SHOT.labels, NOTHING_HIDDEN) is None
    assert bed_texture(SHOT.color_rgb, NOTHING_HIDDEN, NOTHING_HIDDEN) is None


def test_it_is_of_the_bed_alone() -> None:
    texture = pattern()
    column, row = texture.corner_px
    rows, columns = np.nonzero(known(texture))
    assert np.all(SHOT.labels[rows + row, columns + column] == Label.TUMOR_BED)
    assert known(texture).mean() > 0.5


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
