from __future__ import annotations

import numpy as np
import pytest

from calibration.flat_targets import judge_blocks, judge_plane
from calibration.plane_search import find_faces
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid, rotation_from_vector, transform_points

NOISE_MM = 0.2
CAMERA_FROM_TARGET = rigid(rotation_from_vector([np.pi + 0.3, 0.2, 0.1]), (20.0, -10.0, 500.0))


def _face(
    rng: np.random.Generator, corner: tuple[float, float, float], u: Float, v: Float, n: int
) -> Float:
    a, b = rng.uniform(size=(2, n))
    points: Float = np.array(corner) + a[:, None] * u + b[:, None] * v
    return points


def _blocks(seed: int = 0, *, noise_mm: float = NOISE_MM) -> Float:
    """A base, a 15 deg and a 30 deg wedge, and steps of 5 and 20 mm, in camera space."""
    rng = np.random.default_rng(seed)
    x, y = np.array([60.0, 0, 0]), np.array([0, 60.0, 0])
    parts = [_face(rng, (0, 0, 0), 4 * x, 3 * y, 12_000)]
    for k, angle in enumerate((15.0, 30.0)):
        slope = 60.0 * np.array([np.cos(np.radians(angle)), 0, np.sin(np.radians(angle))])
        parts.append(_face(rng, (10.0 + 90 * k, 10.0, 0.0), slope, y, 2000))
    for k, height in enumerate((5.0, 20.0)):
        parts.append(_face(rng, (10.0 + 90 * k, 100.0, height), x, y, 2000))
    points = np.concatenate(parts)
    points += noise_mm * rng.standard_normal(points.shape)
    return transform_points(CAMERA_FROM_TARGET, points)


def test_blocks_are_measured_within_their_sigmas() -> None:
    result = judge_blocks(find_faces(_blocks(), 6), [15.0, 30.0], [5.0, 20.0])
    assert [f.nominal for f in result.figures] == [15.0, 30.0, 5.0, 20.0]
    for figure in result.figures:
        assert abs(figure.error) <= 4 * figure.sigma, figure
        assert figure.sigma < (0.05 if figure.unit == "deg" else 0.02)
    assert {m.name for m in result.metrics} >= {"angle_block_15deg_error", "standoff_block_5mm"}


@pytest.mark.slow
def test_the_sigmas_of_blocks_are_their_scatter() -> None:
    """Of 10 clouds with 4 blocks: errors in sigma have unit rms, good to 11 % (1-sigma)."""
    scores = []
    for seed in range(10):
        result = judge_blocks(find_faces(_blocks(seed), 5), [15.0, 30.0], [5.0, 20.0])
        scores += [figure.error / figure.sigma for figure in result.figures]
    assert np.sqrt(np.mean(np.square(scores))) == pytest.approx(1.0, abs=0.35)


def test_a_wrong_block_is_said() -> None:
    faces = find_faces(_blocks(), 6)
    with pytest.raises(CalibrationError, match="No tilted face of 45 deg"):
        judge_blocks(faces, [45.0])
    with pytest.raises(CalibrationError, match="No parallel face of 10 mm"):
        judge_blocks(faces, [], [10.0])
    with pytest.raises(CalibrationError, match="from 0 to 90"):
        judge_blocks(faces, [-15.0])
    with pytest.raises(CalibrationError, match="must be positive"):
        judge_blocks(faces, [], [0.0])


def test_a_wrong_unit_shows_at_the_steps() -> None:
    with pytest.raises(CalibrationError, match="unit"):
        judge_blocks(find_faces(_blocks() * 1e3, 6), [], [5.0])


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_a_plane_of_a_wrong_unit_is_noticed(scale: float) -> None:
    with pytest.raises(CalibrationError, match="size that no target has"):
        judge_plane(find_faces(_blocks() * scale, 1))


def test_a_plane_among_clutter_has_its_flatness_and_place() -> None:
    rng = np.random.default_rng(1)
    plane = _face(rng, (-100, -80, 500), np.array([200.0, 0, 20]), np.array([0, 160.0, 0]), 20_000)
    plane += NOISE_MM * rng.standard_normal(plane.shape)
    clutter = rng.uniform(-200, 200, (3000, 3)) + np.array([0, 0, 600])
    result = judge_plane(find_faces(np.concatenate([plane, clutter]), 1))
    assert result.rms_mm == pytest.approx(NOISE_MM, rel=0.05)
    assert 5 * NOISE_MM < result.flatness_mm < 7 * NOISE_MM  # range of 20,000 less 3 per mille
    truth = np.array([-0.1, 0, 1]) / np.hypot(0.1, 1)
    distance = truth @ (-100, -80, 500)
    assert result.distance_mm == pytest.approx(distance, abs=4 * result.distance_sigma_mm)
    assert result.tilt_deg == pytest.approx(np.degrees(np.arctan(0.1)), abs=0.02)


def test_the_same_cloud_gives_the_same_faces() -> None:
    first, again = (find_faces(_blocks(), 3) for _ in range(2))
    assert [f.offset_mm for f in first] == [f.offset_mm for f in again]


@pytest.mark.parametrize("n", [0, 100])
def test_too_few_points_are_refused(n: int) -> None:
    with pytest.raises(CalibrationError, match="too few points"):
        find_faces(np.zeros((n, 3)), 1)


def test_points_that_are_not_finite_are_refused() -> None:
    with pytest.raises(CalibrationError, match="finite"):
        find_faces(np.full((1000, 3), np.nan), 1)


def test_a_line_of_points_is_no_plane() -> None:
    line = np.linspace(0, 1, 1000)[:, None] * np.array([100.0, 50.0, 20.0])
    with pytest.raises(CalibrationError, match="no plane"):
        judge_plane(find_faces(line, 1))


def test_a_ball_of_points_is_no_plane() -> None:
    ball = np.random.default_rng(0).standard_normal((5000, 3)) * 50
    with pytest.raises(CalibrationError, match="no plane"):
        judge_plane(find_faces(ball, 1))


def test_a_block_of_0_deg_is_a_parallel_face() -> None:
    result = judge_blocks(find_faces(_blocks(), 6), [0.0, 15.0, 30.0])
    flat = result.figures[0]
    assert 0.0 <= flat.error <= 4 * flat.sigma
    assert 0.0 < flat.sigma < 0.05
    exact = judge_blocks(find_faces(_blocks(noise_mm=0.0), 6), [0.0])
    assert exact.figures[0].error == pytest.approx(0.0, abs=1e-4)
    only_base = find_faces(_blocks(), 6)[:1]
    with pytest.raises(CalibrationError, match="No parallel face of 0 deg"):
        judge_blocks(only_base, [0.0])
