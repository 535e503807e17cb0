"""Background that stands before the cone is an occluder; the bed under it and behind it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tracking.arrays import Bool, UInt8
from tracking.depth_noise import StereoNoise
from tracking.hiding import REACH_PX, with_hiding_background
from tracking.segmentation import Label

CONE = make_applicator()
ALONG_EDGE = 0.95  # of a wall's pixels beside the cone; where its sides end it has no neighbour


def _labels(view: View) -> UInt8:
    labels: UInt8 = with_hiding_background(
        view.segmentation, view.depth_mm, view.intrinsics, view.noise
    ).labels
    return labels


@pytest.fixture(scope="module")
def view() -> View:
    return make_view(CONE, pose_looking_at(), seed=1)


def _wall(view: View, nearer_mm: float, label: Label = Label.TUMOR_BED) -> tuple[View, Bool]:
    """The lowest quarter of the cone behind a flat wall that is labelled as background."""
    labels, depth = view.labels.copy(), view.depth_mm.copy()
    wall = labels == Label.APPLICATOR
    wall[: int(np.quantile(np.nonzero(wall)[0], 0.75))] = False
    labels[wall] = label
    depth[wall] = depth[wall].min() - np.float32(nearer_mm)
    return replace(view, labels=labels, depth_mm=depth), wall


@pytest.mark.parametrize("subpixel_px", [0.03, 0.08, 0.2])
@pytest.mark.parametrize("elevation_deg", [20.0, 40.0, 60.0])
@pytest.mark.parametrize("has_ring", [True, False])
def test_a_bed_that_nothing_hides_keeps_its_labels(
    subpixel_px: float, elevation_deg: float, has_ring: bool
) -> None:
    noise = StereoNoise(50.0, subpixel_px, 1.5)
    cone = make_applicator(has_ring=has_ring)
    seen = make_view(cone, pose_looking_at(500.0, elevation_deg, 70.0), seed=3, noise=noise)
    assert np.array_equal(_labels(seen), seen.labels)


@pytest.mark.parametrize("label", [Label.TUMOR_BED, Label.OTHER])
def test_a_wall_before_the_cone_is_an_occluder(view: View, label: Label) -> None:
    hidden, wall = _wall(view, 25.0, label)
    labels = _labels(hidden)
    row = int(np.nonzero(wall)[0].min())
    along_edge = wall.copy()
    along_edge[row + REACH_PX :] = False
    is_told = labels[along_edge] == Label.OCCLUDER
    assert is_told.mean() > ALONG_EDGE
    changed = labels != hidden.labels
    assert (labels[changed] == Label.OCCLUDER).all()
    assert not (changed & ~wall).any()


def test_a_wall_that_is_no_nearer_than_the_cone_keeps_its_label(view: View) -> None:
    """A rim that is pressed into tissue ends at depths like its own."""
    hidden, _ = _wall(view, 2.0)
    assert np.array_equal(_labels(hidden), hidden.labels)


def test_the_segmentation_itself_is_left_as_it_is(view: View) -> None:
    hidden, _ = _wall(view, 25.0)
    before = hidden.labels.copy()
    assert (_labels(hidden) != before).any()
    assert (hidden.labels == before).all()


def test_background_without_depth_hides_nothing(view: View) -> None:
    hidden, wall = _wall(view, 25.0)
    blind = replace(hidden, depth_mm=np.where(wall, np.float32(0), hidden.depth_mm))
    assert np.array_equal(_labels(blind), blind.labels)


def test_without_an_applicator_there_is_nothing_to_hide(view: View) -> None:
    empty = replace(view, labels=np.full_like(view.labels, Label.TUMOR_BED))
    assert np.array_equal(_labels(empty), empty.labels)
