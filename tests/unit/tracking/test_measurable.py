"""Missing and false depth is refused with its reason; sound views never are."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.builders import (
    INTRINSICS,
    NOISE,
    Depth,
    View,
    correlated_noise,
    make_applicator,
    make_view,
    pose_looking_at,
    with_occluder,
)
from tracking.applicator import Applicator
from tracking.arrays import Bool
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import StereoNoise
from tracking.measurable import SPECK_PX, DepthShares, depth_shares, unmeasurable
from tracking.registration import RegistrationStatus
from tracking.segmentation import Label

SMALL = CameraIntrinsics(424, 240, 212.5, 212.5, 211.5, 119.5)
SOUND_FRACTION = 0.75  # seen on 300 sound views: 0.86 at least
HAND_MM = 220.0
OUTLINE_SHARE = 0.05  # of the cone's pixels lie on its outline and are not judged
GRID = (INTRINSICS.height, INTRINSICS.width)
SPECK = Applicator("SPECK", "mobetron", 2.0, 0.5, 4.0, 0.0, 0.0, 0.0)


def _mask(view: View) -> Bool:
    return view.segmentation.applicator_mask


def _shares(view: View, depth_mm: Depth | None = None) -> DepthShares:
    depth = view.depth_mm if depth_mm is None else depth_mm
    shares = depth_shares(_mask(view), depth, view.intrinsics, view.noise, view.labels)
    assert shares is not None
    return shares


def _status(view: View, depth_mm: Depth) -> RegistrationStatus | None:
    return unmeasurable(_mask(view), depth_mm, view.intrinsics, view.noise, view.labels)


@pytest.fixture(scope="module")
def view() -> View:
    return make_view(make_applicator(), pose_looking_at(), seed=1)


@pytest.fixture(scope="module")
def behind_mm(view: View) -> Depth:
    """Depth of the same bed without the cone."""
    bed = make_view(SPECK, view.camera_from_applicator, seed=2, bed=view.bed)
    return bed.depth_mm


def _blobs(share: float, seed: int) -> Bool:
    field = correlated_noise(np.random.default_rng(seed), GRID, 5.0)
    is_blob: Bool = field < np.quantile(field, share)
    return is_blob


@pytest.mark.parametrize("subpixel_px", [0.03, 0.05, 0.08, 0.12, 0.2])
@pytest.mark.parametrize("intrinsics", [INTRINSICS, SMALL])
def test_sound_views_are_measurable(subpixel_px: float, intrinsics: CameraIntrinsics) -> None:
    noise = StereoNoise(50.0, subpixel_px, 1.5)
    for index, (diameter, bevel) in enumerate([(40.0, 0.0), (60.0, 15.0), (100.0, 30.0)]):
        pose = pose_looking_at(380.0 + 190.0 * index, 25.0 + 17.0 * index, 80.0 * index)
        applicator = make_applicator(diameter, bevel, has_ring=index != 1)
        view = make_view(applicator, pose, seed=index, intrinsics=intrinsics, noise=noise)
        centre = intrinsics.project(pose[:3, 3][None])[0]
        hidden = with_occluder(view, (centre[0], centre[1]), (60, 50))
        for seen in (view, hidden):
            assert _shares(seen).believable > SOUND_FRACTION


def test_labels_that_are_three_pixels_thick_are_measurable(view: View) -> None:
    labels = view.labels.copy()
    thick = cv2.dilate((labels == Label.APPLICATOR).astype(np.uint8), np.ones((7, 7), np.uint8))
    labels[thick > 0] = Label.APPLICATOR
    assert _shares(replace(view, labels=labels)).believable > SOUND_FRACTION


def test_holes_are_missing_depth(view: View) -> None:
    holes = np.where(_blobs(0.7, 3), np.float32(0), view.depth_mm)
    assert _status(view, holes) is RegistrationStatus.DEPTH_MISSING
    assert _status(view, np.zeros_like(view.depth_mm)) is RegistrationStatus.DEPTH_MISSING


def test_a_few_holes_are_borne(view: View) -> None:
    holes = np.where(_blobs(0.25, 3), np.float32(0), view.depth_mm)
    assert _status(view, holes) is None


def test_the_depth_of_what_lies_behind_is_false(view: View, behind_mm: Depth) -> None:
    shares = _shares(view, behind_mm)
    assert shares.see_through > 0.95
    assert _status(view, behind_mm) is RegistrationStatus.DEPTH_FALSE


def test_half_a_clear_cone_in_holes_and_half_seen_through_is_refused(
    view: View, behind_mm: Depth
) -> None:
    depth = np.where(_blobs(0.4, 4), behind_mm, view.depth_mm)
    depth = np.where(_blobs(0.3, 5), np.float32(0), depth)
    assert _status(view, depth) is not None


def test_a_patchwork_of_wrong_matches_is_false(view: View) -> None:
    wrong_px = 6.0 * correlated_noise(np.random.default_rng(6), GRID, 3.0)
    focal_baseline = NOISE.baseline_mm * view.intrinsics.fx
    disparity = focal_baseline / np.maximum(view.depth_mm, np.float32(1.0))
    depth = focal_baseline / np.maximum(disparity + wrong_px, 1.0)
    assert _status(view, depth.astype(np.float32)) is RegistrationStatus.DEPTH_FALSE


def test_a_hand_in_front_is_no_surroundings(view: View, behind_mm: Depth) -> None:
    """An occluder beside a clear cone must not hide that the bed goes on through it."""
    centre = view.intrinsics.project(view.camera_from_applicator[:3, 3][None])[0]
    hidden = with_occluder(replace(view, depth_mm=behind_mm), (centre[0], centre[1]), (90, 60))
    assert _status(hidden, hidden.depth_mm) is RegistrationStatus.DEPTH_FALSE


def test_surroundings_that_are_known_on_one_side_say_nothing_of_the_other(view: View) -> None:
    """A bed that falls away beside the cone, and nothing in range beyond: no surface behind it."""
    u = np.arange(view.labels.shape[1])
    left = int(np.quantile(np.nonzero(_mask(view))[1], 0.02))
    fall = 1 + ((u - left) / 40.0) ** 2  # of nearness: continued to the right it would rise again
    bed_mm = np.where(u < left, 900.0 / fall, 0.0).astype(np.float32)
    depth = np.where(_mask(view), view.depth_mm, bed_mm)
    assert _shares(view, depth).see_through < 1 - SOUND_FRACTION
    assert _status(view, depth) is None


def test_a_clear_cone_on_the_edge_of_what_is_in_range_is_refused(
    view: View, behind_mm: Depth
) -> None:
    u = np.arange(view.labels.shape[1])
    right = np.quantile(np.nonzero(_mask(view))[1], 0.98)
    depth = np.where(u > right, np.float32(0), behind_mm)
    assert _status(view, depth) is RegistrationStatus.DEPTH_FALSE


def _beside_hand(view: View, *, is_right: bool) -> tuple[View, Bool]:
    """A hand before one side of the cone, and what a stereo camera loses left of something near."""
    v, u = np.nonzero(view.labels == Label.APPLICATOR)
    columns = np.arange(view.labels.shape[1])
    edge = float(np.quantile(u, 0.7 if is_right else 0.3))
    in_hand = columns > edge if is_right else columns < edge
    rows = np.s_[v.min() - 5 : v.max() + 5]
    labels, depth = view.labels.copy(), view.depth_mm.copy()
    labels[rows, in_hand], depth[rows, in_hand] = Label.OCCLUDER, HAND_MM
    cone_mm = float(np.median(view.depth_mm[v, u]))
    shadow_px = NOISE.focal_baseline(view.intrinsics.fx) * (1 / HAND_MM - 1 / cone_mm)
    beside = (columns > edge - shadow_px) & ~in_hand if is_right else columns < edge + shadow_px
    shadow = np.zeros(labels.shape, bool)
    shadow[rows, beside] = True
    return replace(view, labels=labels, depth_mm=depth), shadow & (labels == Label.APPLICATOR)


def _blank(view: View, holes: Bool) -> Depth:
    return np.where(holes, np.float32(0), view.depth_mm)


def test_a_hand_s_shadow_on_the_cone_is_no_missing_depth(view: View) -> None:
    """The second imager sees the hand there: such holes say nothing about the cone."""
    hand, shadow = _beside_hand(view, is_right=True)
    depth = _blank(hand, shadow)
    cone = hand.labels == Label.APPLICATOR
    assert shadow.sum() > 0.5 * cone.sum()
    assert _status(hand, depth) is None
    without = np.where(hand.labels == Label.OCCLUDER, np.float32(800), depth)
    assert _status(hand, without) is RegistrationStatus.DEPTH_MISSING


def test_a_hand_too_near_for_any_depth_casts_a_shadow_too(view: View) -> None:
    """It is known by its label only; the same gap where nothing stands excuses nothing."""
    hand, shadow = _beside_hand(view, is_right=True)
    depth = np.where(hand.labels == Label.OCCLUDER, np.float32(0), _blank(hand, shadow))
    assert _status(hand, depth) is None
    nothing = np.where(hand.labels == Label.OCCLUDER, Label.OTHER, hand.labels).astype(np.uint8)
    gap = replace(hand, labels=nothing)
    assert _status(gap, depth) is RegistrationStatus.DEPTH_MISSING


def test_gaps_in_a_hand_cast_no_shadow(view: View) -> None:
    """A hand as far off as the cone, its depth with gaps between fingers as matchers leave them."""
    hand, holes = _beside_hand(view, is_right=True)
    is_hand = hand.labels == Label.OCCLUDER
    gaps = is_hand & (np.indices(hand.labels.shape)[1] % 16 < SPECK_PX)
    depth = np.where(is_hand, np.float32(800), _blank(hand, holes))
    assert _status(hand, np.where(gaps, np.float32(0), depth)) is RegistrationStatus.DEPTH_MISSING


def test_a_hand_without_depth_casts_no_shadow_to_its_right(view: View) -> None:
    hand, holes = _beside_hand(view, is_right=False)
    depth = np.where(hand.labels == Label.OCCLUDER, np.float32(0), _blank(hand, holes))
    assert _status(hand, depth) is RegistrationStatus.DEPTH_MISSING


def test_nothing_casts_a_shadow_to_its_right(view: View) -> None:
    hand, holes = _beside_hand(view, is_right=False)
    assert _status(hand, _blank(hand, holes)) is RegistrationStatus.DEPTH_MISSING


def test_holes_beyond_a_shadow_are_missing_depth(view: View) -> None:
    """A clear cone beside a hand: its own holes are not the hand's doing."""
    hand, shadow = _beside_hand(view, is_right=True)
    elsewhere = (hand.labels == Label.APPLICATOR) & ~shadow
    rows = np.nonzero(elsewhere)[0]
    clear = elsewhere & (np.indices(hand.labels.shape)[0] > np.quantile(rows, 0.3))
    assert _status(hand, _blank(hand, shadow | clear)) is RegistrationStatus.DEPTH_MISSING


@pytest.mark.parametrize("camera_roll_deg", [-90.0, 90.0])
def test_a_cone_s_own_near_end_excuses_none_of_its_holes(camera_roll_deg: float) -> None:
    """A clear wall under a ring that is seen, the ring left or right of it in the image."""
    pose = pose_looking_at(elevation_deg=60.0, camera_roll_deg=camera_roll_deg)
    view = make_view(make_applicator(), pose, seed=1)
    points = view.intrinsics.ray_grid * view.depth_mm[..., None]
    truth = view.camera_from_applicator
    is_wall = (points - truth[:3, 3]) @ truth[:3, 2] < 270.0
    holes = is_wall & (view.labels == Label.APPLICATOR)
    assert _status(view, _blank(view, holes)) is RegistrationStatus.DEPTH_MISSING
    missing = _shares(view, _blank(view, holes)).missing
    assert missing == pytest.approx(holes.sum() / _mask(view).sum(), abs=OUTLINE_SHARE)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("shift_px", [0, 250])
def test_with_nothing_nearer_every_hole_counts(view: View, share: float, shift_px: int) -> None:
    """Wherever in the picture the cone stands."""
    moved = replace(
        view,
        labels=np.roll(view.labels, -shift_px, axis=1),
        depth_mm=np.roll(view.depth_mm, -shift_px, axis=1),
    )
    holes = _blobs(share, 7)
    missing = _shares(moved, _blank(moved, holes)).missing
    cone = _mask(moved)
    assert missing == pytest.approx((holes & cone).sum() / cone.sum(), abs=OUTLINE_SHARE)


def test_a_speck_says_nothing(view: View) -> None:
    for size in (0, 5):
        mask = np.zeros(view.labels.shape, bool)
        mask[100 : 100 + size, 100 : 100 + size] = True
        assert unmeasurable(mask, view.depth_mm, INTRINSICS, view.noise, view.labels) is None


def test_a_mask_that_fills_the_image_has_no_surroundings(view: View) -> None:
    mask = np.ones(view.labels.shape, bool)
    labels = np.full(view.labels.shape, Label.APPLICATOR, np.uint8)
    shares = depth_shares(mask, view.depth_mm, INTRINSICS, view.noise, labels)
    assert shares is not None
    assert shares.see_through == 0.0
