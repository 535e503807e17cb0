"""The survey map found again: where it lies, how surely, and when it is the bed no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.survey_scene import (
    BED_MM,
    CONE,
    NOISE,
    Height,
    Paint,
    Shot,
    camera_pose,
    cone_pose,
    hollow,
    shoot,
    vessels,
    with_folds,
)
from tests.tolerances import K_99
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.survey_around import Around
from tracking.survey_fusion import fused, started
from tracking.survey_map import SurveyMap
from tracking.survey_motion import Companion, Equations, Motion, solve_motion
from tracking.survey_samples import survey_samples
from tracking.survey_search import Start, find_survey
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

BED = hollow()
SCENE = with_folds(BED)
HOME = camera_pose()
MOVED = camera_pose((0.6, -0.8, 0.5, 4.0, -3.0, 6.0))
FAR = camera_pose((2.5, -2.0, 2.0, 14.0, 10.0, 25.0))
NEES_MEAN = (0.25, 1.7)  # of 16 frames of 6: 99.9 %; the folds rest here, and sigma lets them move


@cache
def surveyed(height: Height, n_frames: int = 8) -> SurveyMap:
    """A map of frames seen from home; survey space is home's camera space."""
    shots = [shoot(height, HOME, 1000 + index) for index in range(n_frames)]
    survey = started(0, shots[0].view)
    for shot in shots[1:]:
        survey = fused(survey, np.eye(4), shot.view)
    return survey


def find(
    survey: SurveyMap, shot: Shot, start: Float | None = None, *, with_cone: bool = True
) -> AlignedSurvey:
    samples = survey_samples(survey, NOISE)
    start = np.eye(4) if start is None else start
    around = (
        Around.cone(CONE, invert(shot.world_from_camera) @ cone_pose())
        if with_cone
        else Around.middle(samples, start)
    )
    return find_survey(survey, samples, Start(start), shot.view, around)


def bed_errors(found: AlignedSurvey, shot: Shot) -> tuple[Float, Float]:
    """Errors of placed bed points along the bed's normal, mm, and their sigma."""
    world = np.array([[x, y, 0.0] for x in (-25.0, 0.0, 25.0) for y in (-25.0, 0.0, 25.0)])
    camera = transform_points(invert(shot.world_from_camera), world)
    assert found.survey_from_camera is not None
    assert found.covariance is not None
    placed = transform_points(
        shot.world_from_camera @ invert(found.survey_from_camera) @ invert(HOME), world
    )
    up = shot.world_from_camera[2, :3]
    motion = np.einsum("j,njk->nk", up, found.motion_of(camera))
    variance = np.einsum("ni,ij,nj->n", motion, found.covariance, motion)
    return placed[:, 2] - world[:, 2], np.sqrt(variance)


@pytest.mark.parametrize("with_cone", [True, False])
@pytest.mark.parametrize("pose", [HOME, MOVED, FAR], ids=["still", "moved", "far"])
def test_the_map_is_found_where_the_camera_went(pose: Float, with_cone: bool) -> None:
    shot = shoot(SCENE, pose, 5, cone_pose() if with_cone else None)
    found = find(surveyed(SCENE), shot, with_cone=with_cone)
    assert found.status is SurveyStatus.OK
    assert found.in_plane_observable
    error, sigma = bed_errors(found, shot)
    assert np.all(np.abs(error) <= K_99 * sigma)
    assert sigma.max() < 0.2  # mm: a tenth of what DESIGN asks of the agreement
    assert found.agreement_mm is not None
    assert found.agreement_mm < 1.0


def test_the_covariance_is_what_frames_scatter() -> None:
    survey, squares = surveyed(SCENE), []
    for seed in range(16):
        found = find(survey, shoot(SCENE, MOVED, 50 + seed, cone_pose()))
        assert found.survey_from_camera is not None
        assert found.covariance is not None
        assert found.pivot_camera_mm is not None
        truth = invert(HOME) @ MOVED
        motion = invert(truth) @ found.survey_from_camera  # carries the placed map to the truth
        turn = motion[:3, :3]
        vector = np.array([turn[2, 1], turn[0, 2], turn[1, 0]])
        shift = transform_points(motion, found.pivot_camera_mm) - found.pivot_camera_mm
        error = np.concatenate([vector, shift])
        squares.append(error @ np.linalg.solve(found.covariance, error) / 6)
    assert NEES_MEAN[0] < float(np.mean(squares)) < NEES_MEAN[1]


def test_a_search_that_jumps_to_and_fro_still_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps twice too long, as noisy normals make them, never converge unless they are damped."""

    def overshoot(bed: Equations, others: Sequence[Companion], away: Float) -> Motion:
        solved = solve_motion(bed, others, away)
        return replace(solved, step=2.1 * solved.step)

    monkeypatch.setattr("tracking.survey_search.solve_motion", overshoot)
    shot = shoot(SCENE, MOVED, 5, cone_pose())
    found = find(surveyed(SCENE), shot)
    assert found.status is SurveyStatus.OK
    error, sigma = bed_errors(found, shot)
    assert np.all(np.abs(error) <= K_99 * sigma)


@pytest.mark.parametrize(("sigma", "status"), [(2.0, SurveyStatus.OK), (4.0, SurveyStatus.LOST)])
def test_a_map_torn_between_two_readings_is_no_surer_than_they_are_apart(
    monkeypatch: pytest.MonkeyPatch, sigma: float, status: SurveyStatus
) -> None:
    """Where evidence comes or goes with a tenth of a pixel no step is the last."""

    def pulled(bed: Equations, others: Sequence[Companion], away: Float) -> Motion:
        solved = solve_motion(bed, others, away)
        pull = np.array([0.0, 0.0, 0.0, 5.0 if away[3] < 0.5 else -5.0, 0.0, 0.0])  # mm
        return replace(solved, step=solved.step + pull, moved_sigma=sigma)

    shot = shoot(SCENE, HOME, 5, cone_pose())
    alone = find(surveyed(SCENE), shot)
    monkeypatch.setattr("tracking.survey_search.solve_motion", pulled)
    found = find(surveyed(SCENE), shot)
    assert found.status is status
    if status is SurveyStatus.OK:
        assert alone.in_plane_observable
        assert not found.in_plane_observable  # 5 mm
        error, sigmas = bed_errors(found, shot)
        assert np.all(np.abs(error) <= K_99 * sigmas)


def flat(x: Float, y: Float) -> Float:
    return 0.0 * x + 0.0 * y


def test_a_bare_flat_bed_does_not_tell_the_motion_in_its_plane() -> None:
    shot = shoot(flat, MOVED, 5, cone_pose())
    found = find(surveyed(flat), shot)
    assert found.status is SurveyStatus.OK
    assert not found.in_plane_observable
    error, sigma = bed_errors(found, shot)
    assert np.all(np.abs(error) <= K_99 * sigma)


def painted(pose: Float, seed: int, paint: Paint | None = vessels) -> Shot:
    return shoot(flat, pose, seed, cone_pose(), paint=paint)


@cache
def painted_map() -> SurveyMap:
    """A flat bed with vessels, seen from home."""
    shots = [shoot(flat, HOME, 1000 + index, paint=vessels) for index in range(8)]
    survey = started(0, shots[0].view)
    for shot in shots[1:]:
        survey = fused(survey, np.eye(4), shot.view)
    return survey


def find_near(shot: Shot) -> AlignedSurvey:
    """From a millimetre beside, as the frame before leaves it."""
    beside = rigid(rotation_from_vector([0.0, 0.0, 0.004]), [0.9, -0.6, 0.0])
    return find(painted_map(), shot, invert(HOME) @ beside @ shot.world_from_camera)


def slide_mm(found: AlignedSurvey, shot: Shot) -> float:
    """How far the placed map's middle lies from where it is, along the flat bed."""
    assert found.survey_from_camera is not None
    placed = shot.world_from_camera @ invert(found.survey_from_camera) @ invert(HOME)
    return float(np.hypot(*placed[:2, 3]))


@pytest.mark.parametrize("pose", [HOME, MOVED], ids=["still", "moved"])
def test_vessels_tell_the_motion_in_the_plane_of_a_flat_bed(pose: Float) -> None:
    shot = painted(pose, 5)
    found = find_near(shot)
    assert found.status is SurveyStatus.OK
    assert found.in_plane_observable
    assert slide_mm(found, shot) < 0.3


def test_a_picture_without_noise_is_no_proof_beyond_its_levels() -> None:
    shot = shoot(flat, HOME, None, paint=vessels)
    found = find(started_from(shot), shot)
    assert found.covariance is not None
    assert found.in_plane_observable
    assert np.linalg.eigvalsh(found.covariance[3:, 3:])[-1] > 0.01  # mm^2: colour over depth


def started_from(shot: Shot) -> SurveyMap:
    survey = started(0, shot.view)
    for _ in range(3):
        survey = fused(survey, np.eye(4), shot.view)
    return survey


def test_another_light_moves_nothing() -> None:
    def dim(x: Float, y: Float) -> Float:
        return vessels(x, y) * (0.6 + 0.002 * x)

    shot = painted(MOVED, 5, dim)
    found = find_near(shot)
    assert found.in_plane_observable
    assert slide_mm(found, shot) < 0.4


def no_pattern(x: Float, y: Float) -> Float:
    return 0.4 + 0.0 * x * y


def blood(x: Float, y: Float) -> Float:
    """Vessels of another patient."""
    return vessels(y + 40.0, -x - 70.0)


@pytest.mark.parametrize("paint", [no_pattern, blood, None], ids=["none", "other", "no colour"])
def test_without_the_map_s_own_pattern_nothing_tells_the_plane(paint: Paint | None) -> None:
    found = find_near(painted(MOVED, 5, paint))
    assert found.status is SurveyStatus.OK
    assert not found.in_plane_observable


def test_a_gleam_beside_the_cone_moves_nothing() -> None:
    def gleaming(x: Float, y: Float) -> Float:
        return np.where(np.hypot(x - 45.0, y + 30.0) < 12.0, 1.0, vessels(x, y))

    shot = painted(MOVED, 5, gleaming)
    found = find_near(shot)
    assert found.in_plane_observable
    assert slide_mm(found, shot) < 0.4


def test_the_surroundings_are_followed_beside_the_bed() -> None:
    """The bed rises by 4 mm and the folds rest: their own place is found, not a mean of both."""

    def risen(x: Float, y: Float) -> Float:
        return SCENE(x, y) + np.where(np.hypot(x, y) < BED_MM, 4.0, 0.0)

    shot = shoot(risen, HOME, 3, cone_pose(6.0))
    found = find(surveyed(SCENE), shot)
    assert found.survey_from_camera is not None
    assert found.surroundings_from_camera is not None
    bed, folds = (
        (HOME @ invert(pose) @ invert(HOME))[2, 3]
        for pose in (found.survey_from_camera, found.surroundings_from_camera)
    )
    assert bed == pytest.approx(4.0, abs=0.3)
    assert folds == pytest.approx(0.0, abs=0.3)


def lifted(height: Height, by_mm: float, side: Sequence[float] | None) -> Height:
    """The bed raised on one side of the cone, or (None) only under the cone."""

    def raised(x: Float, y: Float) -> Float:
        radius, angle = np.hypot(x, y), np.arctan2(y, x)
        if side is None:
            weight = np.clip((36.0 - radius) / 6.0, 0.0, 1.0)
        else:
            weight = np.clip(1.5 - np.abs(angle - side[0]) / side[1], 0.0, 1.0)
        return height(x, y) + by_mm * weight

    return raised


SIDE = (-np.pi / 2, np.pi / 5)  # before the cone, as the camera looks: in full view


@pytest.mark.parametrize(
    ("by_mm", "expected"),
    [
        (0.8, SurveyStatus.OK),
        (7.0, SurveyStatus.STALE),
        (-7.0, SurveyStatus.STALE),
        (12.0, SurveyStatus.STALE),
    ],
)
def test_bed_that_changed_around_the_rim_makes_the_survey_stale(
    by_mm: float, expected: SurveyStatus
) -> None:
    shot = shoot(lifted(SCENE, by_mm, SIDE), MOVED, 3, cone_pose())
    found = find(surveyed(SCENE), shot)
    assert found.status is expected
    assert found.agreement_mm is not None
    assert (found.agreement_mm > 2.0) == (expected is SurveyStatus.STALE)


def test_a_bend_within_2_mm_widens_sigma() -> None:
    shot = shoot(lifted(SCENE, 2.2, SIDE), MOVED, 3, cone_pose())
    plain = find(surveyed(SCENE), shoot(SCENE, MOVED, 3, cone_pose()))
    bent = find(surveyed(SCENE), shot)
    assert bent.bending_mm > 0.3
    assert bed_errors(bent, shot)[1].min() > 2 * bed_errors(plain, shot)[1].max()


def test_the_whole_bed_that_rises_is_followed() -> None:
    """A breath, or a table that is raised: the map moves with the bed, not with the room."""

    def risen(x: Float, y: Float) -> Float:
        return SCENE(x, y) + 3.0

    shot = shoot(risen, HOME, 3, cone_pose(5.0))
    found = find(surveyed(SCENE), shot)
    assert found.status is SurveyStatus.OK
    assert bed_errors(found, shot)[0] == pytest.approx(3.0, abs=0.3)


def test_a_bed_that_breathes_under_resting_folds_is_followed_too() -> None:
    breathing = with_folds(BED)

    def risen(x: Float, y: Float) -> Float:
        return breathing(x, y) + 1.0 * (np.hypot(x, y) < 90.0)

    shot = shoot(risen, HOME, 3, cone_pose(5.0))
    found = find(surveyed(SCENE), shot)
    assert found.status is SurveyStatus.OK
    assert bed_errors(found, shot)[0] == pytest.approx(1.0, abs=0.3)


def hidden(shot: Shot, label: Label) -> Shot:
    labels = shot.labels.copy()
    labels[shot.labels == Label.TUMOR_BED] = label
    return replace(shot, labels=labels)


@pytest.mark.parametrize("label", [Label.OCCLUDER, Label.OTHER])
def test_a_hidden_bed_is_lost_not_stale(label: Label) -> None:
    shot = hidden(shoot(SCENE, MOVED, 3, cone_pose()), label)
    found = find(surveyed(SCENE), shot)
    assert found.status is SurveyStatus.LOST
    assert found.survey_from_camera is None


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e-3, 1e9])
def test_depth_that_is_none_is_never_ok(value: float) -> None:
    shot = shoot(SCENE, MOVED, 3, cone_pose())
    depth = np.full_like(shot.depth_mm, value)
    found = find(surveyed(SCENE), replace(shot, depth_mm=depth))
    assert not found.is_ok


def test_a_start_behind_the_camera_is_lost() -> None:
    turned = np.diag([1.0, -1.0, -1.0, 1.0])
    found = find(surveyed(SCENE), shoot(SCENE, HOME, 3, cone_pose()), turned)
    assert found.status is SurveyStatus.LOST


def test_the_same_frame_gives_the_same_bytes() -> None:
    shot = shoot(SCENE, MOVED, 3, cone_pose())
    first, second = find(surveyed(SCENE), shot), find(surveyed(SCENE), shot)
    assert first.survey_from_camera is not None
    assert second.survey_from_camera is not None
    assert first.survey_from_camera.tobytes() == second.survey_from_camera.tobytes()
