"""When the survey is fused, kept, begun anew and left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.builders import make_registration
from tests.survey_scene import (
    CONE,
    INTRINSICS,
    NOISE,
    Height,
    Shot,
    camera_pose,
    cone_pose,
    hollow,
    shoot,
    with_folds,
)
from tests.tolerances import K_99
from tracking.arrays import Float
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label
from tracking.survey import MAX_REFUSED, SurveyMemory, observe
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.survey_map import MIN_CELL_FRAMES
from tracking.survey_rest import Rest
from tracking.transforms import invert, rigid, transform_points

SCENE = with_folds(hollow())
HOME = camera_pose()
NOTHING = Registration(RegistrationStatus.NO_APPLICATOR)


def see(
    memory: SurveyMemory, shot: Shot, index: int = 0, registration: Registration = NOTHING
) -> tuple[AlignedSurvey, SurveyMemory]:
    return observe(
        memory, index, shot.segmentation, shot.depth_mm, INTRINSICS, NOISE, CONE, registration
    )


def surveyed(n_frames: int, height: Height = SCENE, seed: int = 0) -> SurveyMemory:
    memory = SurveyMemory()
    for index in range(n_frames):
        _, memory = see(memory, shoot(height, HOME, seed + index), index)
    return memory


def with_cone(pose: Float = HOME, seed: int = 90) -> tuple[Shot, Registration]:
    return shoot(SCENE, pose, seed, cone_pose()), make_registration(invert(pose) @ cone_pose())


def test_frames_without_a_cone_are_fused() -> None:
    memory = surveyed(6)
    assert memory.survey is not None
    assert memory.survey.n_frames == 6
    assert memory.survey.is_usable


def test_a_camera_that_moves_during_the_survey_is_followed() -> None:
    memory, aligned = SurveyMemory(), AlignedSurvey()
    for index in range(6):
        pose = camera_pose((0.1 * index, 0.0, 0.0, 0.8 * index, -0.5 * index, 1.2 * index))
        aligned, memory = see(memory, shoot(SCENE, pose, index), index)
    assert memory.survey is not None
    assert memory.survey.n_frames == 6
    assert aligned.is_ok


def test_a_frame_with_a_cone_is_not_fused_but_aligned() -> None:
    memory = surveyed(5)
    aligned, after = see(memory, *_ordered(with_cone()))
    assert aligned.status is SurveyStatus.OK
    assert after.survey is memory.survey


def _ordered(seen: tuple[Shot, Registration]) -> tuple[Shot, int, Registration]:
    return seen[0], 50, seen[1]


def test_without_a_survey_there_is_none() -> None:
    aligned, memory = see(SurveyMemory(), *_ordered(with_cone()))
    assert aligned.status is SurveyStatus.NONE
    assert memory.survey is None


def test_too_short_a_survey_is_none() -> None:
    memory = surveyed(MIN_CELL_FRAMES - 1)
    aligned, after = see(memory, *_ordered(with_cone()))
    assert aligned.status is SurveyStatus.NONE
    assert after.survey is None


def test_a_frame_without_bed_begins_no_survey() -> None:
    shot = shoot(SCENE, HOME, 0)
    labels = np.where(shot.labels == Label.TUMOR_BED, np.uint8(Label.OTHER), shot.labels)
    aligned, memory = see(SurveyMemory(), replace(shot, labels=labels))
    assert aligned.status is SurveyStatus.NONE
    assert memory.survey is None


def test_a_cone_that_is_seen_but_not_registered_is_still_a_cone() -> None:
    memory = surveyed(5)
    shot, _ = with_cone()
    aligned, after = see(memory, shot, 50, Registration(RegistrationStatus.DEPTH_MISSING))
    assert aligned.status is SurveyStatus.OK
    assert after.survey is memory.survey


def test_a_bed_that_stays_changed_begins_a_new_survey() -> None:
    memory = surveyed(5)

    def cut(x: Float, y: Float) -> Float:
        return SCENE(x, y) - 12.0 * ((np.abs(x) < 30.0) & (y < 20.0))

    for index in range(MAX_REFUSED - 1):
        _, memory = see(memory, shoot(cut, HOME, 200 + index), 100 + index)
        assert memory.survey is not None
        assert memory.survey.origin_frame_index == 0  # it may be a hand that passes
    _, memory = see(memory, shoot(cut, HOME, 300), 200)
    assert memory.survey is not None
    assert memory.survey.origin_frame_index == 200


def test_a_lost_map_is_found_where_it_was() -> None:
    memory = surveyed(5)
    pose = camera_pose((0.4, 0.3, 0.0, 3.0, 1.0, 2.0))
    shot, registration = with_cone(pose)
    blind = replace(shot, depth_mm=np.zeros_like(shot.depth_mm))
    lost, memory = see(memory, blind, 60, registration)
    assert lost.status is SurveyStatus.LOST
    again, _ = see(memory, shot, 61, registration)
    assert again.status is SurveyStatus.OK


def test_a_step_on_the_bed_does_not_pull_the_map_along() -> None:
    """An instrument's edge would pass for a slope that tells the motion in the bed's plane."""

    def with_bar(x: Float, y: Float) -> Float:
        return SCENE(x, y) + 4.0 * ((np.abs(y + 30.0) < 8.0) & (np.abs(x - 15.0) < 30.0))

    memory, aligned = SurveyMemory(), AlignedSurvey()
    for index in range(12):
        aligned, memory = see(memory, shoot(with_bar, HOME, 400 + index), index)
    assert aligned.in_plane_observable
    assert aligned.survey_from_camera is not None
    assert aligned.covariance is not None
    assert aligned.pivot_camera_mm is not None
    moved = transform_points(aligned.survey_from_camera, aligned.pivot_camera_mm)
    error = aligned.pivot_camera_mm - moved  # the camera stood still
    sigma = np.sqrt(np.diag(aligned.covariance)[3:])
    assert np.all(np.abs(error) <= K_99 * sigma)
    assert sigma.max() < 2.0


def flat(x: Float, y: Float) -> Float:
    return 0.0 * x + 0.0 * y


def cone_on_flat(seed: int) -> tuple[Shot, int, Registration]:
    registration = make_registration(invert(HOME) @ cone_pose())
    return shoot(flat, HOME, seed, cone_pose()), 50 + seed, registration


def slide_mm(memory: SurveyMemory) -> float:
    """How far the map lies along the flat bed from where it truly lies."""
    assert memory.survey_from_camera is not None
    moved = HOME @ invert(memory.survey_from_camera) @ invert(HOME)
    return float(np.hypot(*moved[:2, 3]))


def walked(memory: SurveyMemory, way_mm: float) -> SurveyMemory:
    """The memory with its map moved along the bed, as by noise of many frames."""
    assert memory.survey_from_camera is not None
    along = rigid(np.eye(3), [way_mm, 0.0, 0.0])
    pose = memory.survey_from_camera @ invert(invert(HOME) @ along @ HOME)
    return replace(memory, survey_from_camera=pose)


def test_along_what_no_frame_tells_the_map_rests_where_it_lay_when_the_cone_came() -> None:
    memory = surveyed(5, flat)
    aligned, memory = see(memory, *cone_on_flat(90))
    assert aligned.n_untold > 0
    rested = slide_mm(memory)
    memory = walked(memory, 10.0)
    assert slide_mm(memory) > rested + 5.0
    aligned, memory = see(memory, *cone_on_flat(91))
    assert aligned.is_ok
    assert abs(slide_mm(memory) - rested) < 1.0


def test_a_direction_that_is_lost_rests_where_the_frame_before_told_it() -> None:
    _, memory = see(surveyed(5, flat), *cone_on_flat(90))
    assert memory.rest is not None
    memory = walked(replace(memory, rest=Rest(memory.rest.survey_from_camera)), 10.0)
    before = slide_mm(memory)
    aligned, memory = see(memory, *cone_on_flat(91))
    assert abs(slide_mm(memory) - before) < 1.0
    assert memory.rest is not None
    assert memory.rest.n_untold == aligned.n_untold


def test_a_frame_that_tells_everything_begins_a_new_rest() -> None:
    _, memory = see(surveyed(5), *_ordered(with_cone()))
    moved = camera_pose((0.4, 0.0, 0.0, 2.0, 1.0, 3.0))
    aligned, memory = see(memory, *_ordered(with_cone(moved, 91)))
    assert aligned.n_untold == 0
    assert memory.rest is not None
    assert memory.rest.survey_from_camera is aligned.survey_from_camera


def test_a_view_without_a_cone_forgets_the_rest() -> None:
    _, memory = see(surveyed(5), *_ordered(with_cone()))
    _, memory = see(memory, shoot(SCENE, HOME, 92), 51)
    assert memory.rest is None
