"""The survey map: what is fused is exact, and what passes by leaves no trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.survey_scene import (
    BED_MM,
    INTRINSICS,
    Shot,
    camera_pose,
    hollow,
    shoot,
    with_folds,
)
from tracking.arrays import Bool, Float
from tracking.segmentation import Label
from tracking.survey_fusion import MAX_COUNT, fused, started
from tracking.survey_map import STRIDE_PX, SurveyMap
from tracking.transforms import invert, rigid, transform_points

SCENE = with_folds(hollow())
HOME = camera_pose()
INTERPOLATION_MM = 0.05  # of bumps of 40 mm between pixels 1.6 mm apart
MEAN_MM = 0.05  # of the whole bed after ten frames, 0.01 mm of noise and interpolation


def start(shot: Shot) -> SurveyMap:
    return started(7, shot.view)


def add(survey: SurveyMap, shot: Shot) -> SurveyMap:
    pose = invert(HOME) @ shot.world_from_camera
    return fused(survey, pose, shot.view)


def test_surroundings_that_breathe_apart_are_fused_where_they_are() -> None:
    """The bed rises and falls under resting folds: neither is smeared."""
    survey = start(shoot(SCENE, HOME, None))
    for lift in (3.0, -3.0) * 3:

        def breathing(x: Float, y: Float, lift: float = lift) -> Float:
            return SCENE(x, y) + np.where(np.hypot(x, y) < BED_MM, lift, 0.0)

        shot = shoot(breathing, HOME, None)
        pose = invert(HOME) @ rigid(np.eye(3), [0.0, 0.0, -lift]) @ HOME
        survey = fused(survey, pose, shot.view, np.eye(4))
    inner = survey.is_bed & (survey.n_agreeing >= 6)
    outer = survey.is_known & ~survey.is_bed & (survey.n_agreeing >= 6)
    assert inner.sum() > 0.8 * survey.is_bed.sum()
    assert outer.sum() > 0.5 * (survey.is_known & ~survey.is_bed).sum()
    assert np.abs(off_mm(survey, inner)).mean() < MEAN_MM
    assert np.abs(off_mm(survey, outer)).mean() < 2 * MEAN_MM


def off_mm(survey: SurveyMap, cells: Bool) -> Float:
    """How far the map's points lie above the true surface, along z of the world."""
    world = transform_points(HOME, survey.points_survey_mm(cells))
    return world[:, 2] - SCENE(world[:, 0], world[:, 1])


def test_the_first_frame_is_the_map() -> None:
    survey = start(shoot(SCENE, HOME, None))
    assert survey.origin_frame_index == 7
    assert not survey.is_usable
    assert survey.grid.shape == tuple(size // STRIDE_PX for size in INTRINSICS.shape)
    assert np.abs(off_mm(survey, survey.is_bed)).max() < INTERPOLATION_MM


def test_a_moving_camera_fuses_without_bias() -> None:
    """Each frame half a pixel and more aside: nearest pixels would shift the slope by 0.4 mm."""
    survey = start(shoot(SCENE, HOME, None))
    for index in range(1, 6):
        offset = (0.05 * index, -0.03 * index, 0.1, 0.7 * index, -0.4 * index, 1.5 * index)
        survey = add(survey, shoot(SCENE, camera_pose(offset), None))
    off = off_mm(survey, survey.is_bed)
    assert np.sqrt(np.mean(off**2)) < INTERPOLATION_MM
    assert abs(float(off.mean())) < INTERPOLATION_MM / 5
    assert survey.is_bed.sum() > 0.95 * start(shoot(SCENE, HOME, None)).is_bed.sum()


def test_noise_averages_out_and_the_map_says_by_how_much() -> None:
    survey = start(shoot(SCENE, HOME, 100))
    single = off_mm(survey, survey.is_bed).std()
    for index in range(1, 9):
        survey = add(survey, shoot(SCENE, HOME, 100 + index))
    several = off_mm(survey, survey.is_bed)
    share = survey.noise_share(survey.is_bed)
    assert share == pytest.approx(1 / 9)
    assert several.std() / single == pytest.approx(1 / 3, rel=0.1)
    assert abs(float(several.mean())) < MEAN_MM


def with_hand(shot: Shot, label: Label) -> Shot:
    labels, depth = shot.labels.copy(), shot.depth_mm.copy()
    labels[90:150, 150:260], depth[90:150, 150:260] = label, 380.0
    return replace(shot, labels=labels, depth_mm=depth)


@pytest.mark.parametrize("label", [Label.OCCLUDER, Label.TUMOR_BED])
def test_what_passes_through_the_view_leaves_no_trace(label: Label) -> None:
    """Even where the labels miss it."""
    plain = [shoot(SCENE, HOME, 200 + i) for i in range(8)]
    clean, passed = start(plain[0]), start(plain[0])
    for index, shot in enumerate(plain[1:], 1):
        clean = add(clean, shot)
        passed = add(passed, with_hand(shot, label) if index in (3, 4) else shot)
    cells = clean.is_bed & passed.is_bed
    assert cells.sum() > 0.98 * clean.is_bed.sum()
    assert np.abs(off_mm(passed, cells)).max() < 2 * np.abs(off_mm(clean, cells)).max()


def test_what_comes_to_stay_replaces_what_was_there() -> None:
    survey = start(shoot(SCENE, HOME, 1))
    for index in range(3):
        survey = add(survey, shoot(SCENE, HOME, 2 + index))
    stays = np.zeros(survey.grid.shape, bool)
    stays[50:70, 80:125] = True  # inside the hand, in cells
    for index in range(12):
        survey = add(survey, with_hand(shoot(SCENE, HOME, 20 + index), Label.OCCLUDER))
    assert survey.is_occluder[stays].all()
    assert not survey.is_bed[stays].any()
    depth = survey.points_survey_mm(survey.is_occluder & stays)[:, 2]
    assert depth == pytest.approx(380.0, abs=0.5)


def test_the_first_speck_of_a_cone_is_left_out() -> None:
    shot = shoot(SCENE, HOME, 1)
    labels = shot.labels.copy()
    labels[100:110, 200:214] = Label.APPLICATOR
    survey = start(replace(shot, labels=labels))
    assert not survey.is_known[50:55, 100:107].any()


def test_a_long_survey_still_follows_the_bed() -> None:
    survey = start(shoot(SCENE, HOME, 0))
    counted = replace(survey, n_agreeing=np.full(survey.grid.shape, MAX_COUNT, np.float32))
    grown = add(counted, shoot(SCENE, HOME, 1))
    assert grown.n_agreeing.max() == MAX_COUNT


def test_planes_of_a_slanted_plane_are_exact() -> None:
    def slanted(x: Float, y: Float) -> Float:
        return 0.3 * x - 0.2 * y

    survey = start(shoot(slanted, HOME, None))
    found = survey.planes(5)
    planes, has_plane = found.per_mm, found.is_whole
    normal = np.array([0.3, -0.2, -1.0])  # 0.3 x - 0.2 y - z = 0 in the world
    in_camera = normal @ HOME[:3, :3]
    expected = -in_camera / (normal @ HOME[:3, 3])
    assert has_plane.sum() > 0.5 * has_plane.size
    assert planes[has_plane] == pytest.approx(
        np.broadcast_to(expected, (int(has_plane.sum()), 3)), rel=1e-3, abs=1e-6
    )


def test_an_image_without_depth_makes_an_empty_map() -> None:
    shot = shoot(SCENE, HOME, None)
    empty = replace(shot, depth_mm=np.zeros_like(shot.depth_mm))
    survey = add(start(empty), empty)
    assert not survey.is_known.any()
    refilled = add(survey, shot)  # a camera that wakes up
    assert refilled.inverse_depth_per_mm.max() > 0


def test_a_grid_of_another_size_is_refused() -> None:
    survey = start(shoot(SCENE, HOME, None))
    with pytest.raises(ValueError, match="bed_share"):
        replace(survey, bed_share=np.zeros((3, 4), np.float32))
