"""A registered cone corrects labels where depth bears it out, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tests.builders_views import SURE_COVARIANCE, inner_patch, model_of, sure_registration
from tracking.arrays import Bool, UInt8
from tracking.kernels import square
from tracking.registration import Registration, RegistrationStatus
from tracking.relabel import Relabelled, relabelled
from tracking.segmentation import Label, Segmentation

CONE = make_applicator()
NEARER_MM = np.float32(25.0)  # a finger's height over the wall
MOSTLY = 0.9  # of a thing's pixels: its own outline may be either side's
TRUE_IOU = 0.98  # of an outline that a pose without error draws: pixel centres on the very edge


@pytest.fixture(scope="module")
def view() -> View:
    return make_view(CONE, pose_looking_at(), seed=1)


def _relabelled(
    view: View, labels: UInt8, registration: Registration | None = None
) -> Relabelled | None:
    return relabelled(
        model_of(CONE),
        registration or sure_registration(view),
        Segmentation(labels, "test"),
        view.depth_mm,
        view.intrinsics,
        view.noise,
    )


def _corrected(view: View, labels: UInt8) -> Relabelled:
    found = _relabelled(view, labels)
    assert found is not None
    return found


def _iou(first: Bool, second: Bool) -> float:
    return float((first & second).sum() / (first | second).sum())


def test_true_labels_stay_but_for_pixels_on_the_very_edge(view: View) -> None:
    found = _corrected(view, view.labels)
    assert np.count_nonzero(found.told != view.labels) == 0
    assert found.told_share == 0.0
    is_cone = view.labels == Label.APPLICATOR
    assert _iou(found.drawn == Label.APPLICATOR, is_cone) > TRUE_IOU


@pytest.mark.parametrize("thicker_px", [1, 3])
@pytest.mark.parametrize("thins", [False, True])
def test_a_thick_or_thin_outline_is_drawn_where_the_cone_ends(
    view: View, thicker_px: int, *, thins: bool
) -> None:
    is_cone = view.labels == Label.APPLICATOR
    change = cv2.erode if thins else cv2.dilate
    off = change(is_cone.astype(np.uint8), square(thicker_px)) > 0
    labels = np.where(off, Label.APPLICATOR, np.where(is_cone, Label.TUMOR_BED, view.labels))
    found = _corrected(view, labels.astype(np.uint8))
    assert _iou(found.drawn == Label.APPLICATOR, is_cone) > TRUE_IOU
    assert np.count_nonzero(found.told != labels) < 0.01 * is_cone.sum()  # no evidence for a pose


@pytest.mark.parametrize("label", [Label.OCCLUDER, Label.OTHER, Label.TUMOR_BED])
def test_a_gripped_part_that_lies_on_the_cone_is_the_cones(view: View, label: Label) -> None:
    patch = inner_patch(view)
    labels = np.where(patch, label, view.labels).astype(np.uint8)
    found = _corrected(view, labels)
    assert (found.drawn[patch] == Label.APPLICATOR).mean() > MOSTLY
    assert (found.told[patch] == Label.APPLICATOR).mean() > MOSTLY
    assert found.told_share > 0


def test_a_hand_before_the_cone_that_is_labelled_as_the_cone_is_an_occluder(view: View) -> None:
    patch = inner_patch(view)
    seen = replace(view, depth_mm=np.where(patch, view.depth_mm - NEARER_MM, view.depth_mm))
    found = _corrected(seen, view.labels)
    assert (found.told[patch] == Label.OCCLUDER).mean() > MOSTLY
    assert np.count_nonzero((found.told != view.labels) & ~patch) == 0


def test_what_of_that_hand_reaches_past_the_outline_goes_with_it(view: View) -> None:
    patch = inner_patch(view)
    rows = np.flatnonzero(patch.any(axis=1))
    last = int(np.flatnonzero((view.labels == Label.APPLICATOR)[rows[0]])[-1])
    hand = np.zeros(patch.shape, bool)
    hand[rows[0] : rows[-1], last - 20 : last + 30] = True
    depth = np.where(hand, view.depth_mm[patch].mean() - NEARER_MM, view.depth_mm)
    seen = replace(view, depth_mm=depth.astype(np.float32))
    labels = np.where(hand, Label.APPLICATOR, view.labels).astype(np.uint8)
    found = _corrected(seen, labels)
    assert (found.drawn[hand] == Label.OCCLUDER).mean() > MOSTLY


def test_a_second_cone_stays_one(view: View) -> None:
    second = np.zeros(view.labels.shape, bool)
    second[100:160, 100:140] = True
    labels = np.where(second, Label.APPLICATOR, view.labels).astype(np.uint8)
    found = _corrected(view, labels)
    assert np.all(found.drawn[second] == Label.APPLICATOR)


def test_a_second_cone_beside_a_hand_stays_one(view: View) -> None:
    second = np.zeros(view.labels.shape, bool)
    second[100:160, 100:140] = True
    labels = np.where(second, Label.APPLICATOR, view.labels)
    labels[130:150, 141:180] = Label.OCCLUDER
    depth = view.depth_mm.copy()
    depth[130:150, 141:180] -= NEARER_MM
    found = _corrected(replace(view, depth_mm=depth), labels.astype(np.uint8))
    assert np.all(found.drawn[second] == Label.APPLICATOR)


def test_tissue_that_hides_the_rim_stays_bed(view: View) -> None:
    patch = inner_patch(view)
    seen = replace(view, depth_mm=np.where(patch, view.depth_mm - NEARER_MM, view.depth_mm))
    labels = np.where(patch, Label.TUMOR_BED, view.labels).astype(np.uint8)
    found = _corrected(seen, labels)
    assert np.all(found.drawn[patch] == Label.TUMOR_BED)


def test_holes_keep_their_label(view: View) -> None:
    patch = inner_patch(view)
    seen = replace(view, depth_mm=np.where(patch, np.float32(0), view.depth_mm))
    for label in (Label.APPLICATOR, Label.OCCLUDER):
        labels = np.where(patch, label, view.labels).astype(np.uint8)
        found = _corrected(seen, labels)
        assert np.all(found.told[patch] == label)


def test_labels_that_contradict_the_pose_are_left_alone(view: View) -> None:
    seen = replace(view, depth_mm=view.depth_mm - NEARER_MM)
    assert _relabelled(seen, view.labels) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda known: replace(known, status=RegistrationStatus.POOR_FIT),
        lambda known: replace(known, roll_observable=False),
        lambda known: replace(known, axial_observable=False),
        lambda known: replace(known, covariance=SURE_COVARIANCE * 1e4),
    ],
)
def test_a_pose_that_tells_no_outline_corrects_nothing(
    view: View, change: Callable[[Registration], Registration]
) -> None:
    labels = np.where(inner_patch(view), Label.OCCLUDER, view.labels).astype(np.uint8)
    assert _relabelled(view, labels, change(sure_registration(view))) is None
