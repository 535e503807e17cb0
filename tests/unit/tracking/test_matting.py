"""Colour places the outline: past a shadow on the bed, and silent where it tells nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.arrays import Float, UInt8
from tracking.contour import Outline, transitions
from tracking.matting import matted_outline
from tracking.segmentation import Label

SHAPE = (120, 160)
EDGE_ROW = 60.3  # where the applicator's pixels end: sub-pixel
GREY, RED, BLUE = (128.0, 128.0, 128.0), (220.0, 100.0, 90.0), (60.0, 60.0, 160.0)
SHADOW = 0.5  # of the light that is left
MEETS_U, SLANT = 80, 0.3  # the shadow's edge: near the outline on its right
NOISE = 3.0  # grey levels
ON_EDGE_PX = 0.1
LABELS_OFF_PX = (-2, 0, 2)


def _labels(off_px: int) -> UInt8:
    """The applicator above, the bed below; the label's edge is off by whole pixels."""
    labels = np.full(SHAPE, Label.TUMOR_BED, np.uint8)
    labels[: round(EDGE_ROW) + off_px] = Label.APPLICATOR
    return labels


def _picture(bed: tuple[float, float, float], shadow: float) -> UInt8:
    """Grey above and the bed below, in shade below a slanted line that meets the edge."""
    v, u = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float64)
    share = np.clip(EDGE_ROW - v, 0.0, 1.0)[..., None]
    light = np.where(v > EDGE_ROW + SLANT * (u - MEETS_U), shadow, 1.0)[..., None]
    color = share * np.array(GREY) + (1 - share) * light * np.array(bed)
    noise = np.random.default_rng(3).standard_normal(color.shape) * NOISE
    picture: UInt8 = np.clip(color + noise, 0, 255).astype(np.uint8)
    return picture


def _offsets(outline: Outline | None) -> Float:
    """How far below `EDGE_ROW` the outline lies, column by column, NaN: unknown."""
    assert outline is not None
    u = np.arange(30.0, 130.0)
    uv = np.stack([u, np.full_like(u, EDGE_ROW - 0.5)], axis=1)
    return transitions(outline, uv, np.tile([0.0, 1.0], (len(u), 1)))


@pytest.mark.parametrize("off_px", LABELS_OFF_PX)
def test_the_edge_is_found_whatever_the_labels_error(off_px: int) -> None:
    offsets = _offsets(matted_outline(_labels(off_px), _picture(RED, 1.0)))
    assert np.all(np.isfinite(offsets))
    assert abs(offsets.mean()) < ON_EDGE_PX


@pytest.mark.parametrize("off_px", LABELS_OFF_PX)
def test_the_edge_of_a_shadow_on_the_bed_does_not_bend_the_outline(off_px: int) -> None:
    offsets = _offsets(matted_outline(_labels(off_px), _picture(RED, SHADOW)))
    assert np.all(np.isfinite(offsets))
    assert np.abs(offsets).max() < 2 * ON_EDGE_PX


@pytest.mark.parametrize("off_px", LABELS_OFF_PX)
def test_an_arc_is_sharpened_to_its_ends_beyond_the_bed(off_px: int) -> None:
    """The bed lies below the arc's middle alone; beside it is cloth of many shades."""
    centre, radius = (80.0, 50.0), 30.3
    v, u = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float64)
    from_edge = np.hypot(u - centre[0], v - centre[1]) - radius
    is_bed = (np.abs(u - centre[0]) < 18) & (v > centre[1] + 18)
    labels = np.where(is_bed, Label.TUMOR_BED, Label.OTHER).astype(np.uint8)
    labels[from_edge < off_px] = Label.APPLICATOR
    cloth = np.array(BLUE) * (0.7 + 0.3 * np.sin(u / 3) * np.sin(v / 3))[..., None]
    around = np.where(is_bed[..., None], np.array(RED), cloth)
    share = np.clip(0.5 - from_edge, 0.0, 1.0)[..., None]
    color = share * np.array(GREY) + (1 - share) * around
    noise = np.random.default_rng(5).standard_normal(color.shape) * NOISE
    outline = matted_outline(labels, np.clip(color + noise, 0, 255).astype(np.uint8))
    assert outline is not None
    turn = np.radians(np.arange(5.0, 176.0))
    normals = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    offsets = transitions(outline, np.array(centre) + radius * normals, normals)
    assert np.isfinite(offsets).mean() > 0.7  # nothing is known where bed and cloth meet
    assert np.isfinite(offsets[[0, -1]]).all()
    assert np.nanmax(np.abs(offsets)) < 0.8
    assert np.sqrt(np.nanmean(offsets**2)) < 0.3


def test_where_colour_tells_nothing_of_the_edge_nothing_is_known() -> None:
    picture = _picture(RED, 1.0)
    grey = np.random.default_rng(4).normal(128.0, NOISE, (SHAPE[0], 40, 3))
    picture[:, :40] = np.clip(grey, 0, 255)  # a grey drape beside the bed
    offsets = _offsets(matted_outline(_labels(2), picture))
    assert np.isnan(offsets[:5]).all()
    assert np.abs(offsets[20:]).max() < 5 * ON_EDGE_PX


def test_a_bed_of_the_cones_colour_is_not_matted() -> None:
    assert matted_outline(_labels(0), _picture(GREY, 1.0)) is None


def test_an_applicator_that_does_not_meet_the_bed_is_not_matted() -> None:
    labels = _labels(0)
    labels[labels == Label.TUMOR_BED] = Label.OTHER
    assert matted_outline(labels, _picture(RED, 1.0)) is None
