from __future__ import annotations

import numpy as np
import pytest

from calibration.sphere_search import FoundSphere, find_spheres
from calibration.vdi_2634 import form_range_mm, judge_spheres
from tests.sphere_clouds import GRID, cap, depth_view, points_of
from tracking.arrays import Float
from tracking.errors import CalibrationError

LEFT, RIGHT = (-80.0, 10.0, 500.0), (90.0, -20.0, 520.0)
SPACING_MM = float(np.linalg.norm(np.subtract(LEFT, RIGHT)))
RADIUS = 40.0
RADIUS_LIMIT_MM = 0.2  # the task's
N_DRAWS, MOST_RMS = 10, 1.72  # chi square of ten: 0.1 % of ten draws are further off by chance


def _bench(seed: int = 0) -> Float:
    """Two spheres, a smaller third and a table, with the simulator's noise."""
    rng = np.random.default_rng(seed)
    spheres = [(LEFT, RADIUS), (RIGHT, RADIUS), ((0.0, 70.0, 470.0), 0.6 * RADIUS)]
    points = points_of(depth_view(spheres, rng, table_mm=580.0))
    around = points.reshape(*GRID.shape, 3)[120:380, 250:600]  # the spheres fill this part
    return around.reshape(-1, 3)


@pytest.fixture(scope="module")
def found() -> list[FoundSphere]:
    return find_spheres(_bench(), RADIUS)


def test_the_spheres_of_that_radius_are_found_among_clutter(found: list[FoundSphere]) -> None:
    result = judge_spheres(found, RADIUS, [SPACING_MM])
    assert len(result.spheres) == 2
    for sphere, truth in zip(result.spheres, (LEFT, RIGHT), strict=True):
        np.testing.assert_allclose(sphere.centre_mm, truth, atol=0.5)
        assert sphere.radius_mm == pytest.approx(RADIUS, abs=RADIUS_LIMIT_MM)
        assert sphere.size_mm == pytest.approx(2 * (sphere.radius_mm - RADIUS))
    (spacing,) = result.spacings
    assert spacing.error_mm == pytest.approx(0.0, abs=3 * spacing.sigma_mm)
    assert spacing.sigma_mm < 0.3


@pytest.mark.slow
def test_the_smaller_one_is_found_by_its_own_radius() -> None:
    """In ten draws: at three of its sigmas, one draw passes on one processor and not on another.

    One draw is searched to its end, for others that are no such sphere; the rest to the first.
    """
    off = []
    for seed in range(N_DRAWS):
        (small,) = find_spheres(_bench(seed), 0.6 * RADIUS, limit=None if seed == 0 else 1)
        sigma = small.fit.radius_sigma_mm  # one frame: too small a sphere for 0.2 mm
        assert sigma < RADIUS_LIMIT_MM
        off.append((small.fit.radius_mm - 0.6 * RADIUS) / sigma)
    assert np.sqrt(np.mean(np.square(off))) < MOST_RMS


def test_the_same_cloud_gives_the_same_figures(found: list[FoundSphere]) -> None:
    again = find_spheres(_bench(), RADIUS)
    assert [s.fit.radius_mm for s in found] == [s.fit.radius_mm for s in again]


def test_a_whole_sphere_beside_scattered_points_is_found() -> None:
    rng = np.random.default_rng(2)
    whole = cap((0.0, 0.0, 0.1), 50.0, rng, n=5000, half_angle_deg=180.0)
    cloud = np.concatenate([whole + 300.0, rng.uniform(0, 600, (1000, 3))])
    (found,) = find_spheres(cloud, 50.0)
    assert found.fit.radius_mm == pytest.approx(50.0, abs=0.05)
    assert found.fit.cap_deg == 180.0


@pytest.mark.parametrize("kind", ["plane", "cylinder", "corner", "scatter"])
def test_what_is_no_sphere_is_not_found(kind: str) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0, 300, (2, 30_000))
    zero = np.zeros_like(a)
    cloud = {
        "plane": np.column_stack([a, b, zero]),
        "cylinder": np.column_stack([RADIUS * np.cos(a), RADIUS * np.sin(a), b]),
        "corner": np.concatenate(
            [np.column_stack(c) for c in ((a, b, zero), (zero, a, b), (a, zero, b))]
        ),
        "scatter": rng.uniform(0, 300, (30_000, 3)),
    }[kind]
    assert find_spheres(cloud + 0.2 * rng.standard_normal(cloud.shape), RADIUS) == []
    with pytest.raises(CalibrationError, match="No sphere of radius"):
        judge_spheres([], RADIUS)


@pytest.mark.parametrize("scale", [1e3, 1e-3])
def test_a_wrong_unit_is_noticed(scale: float) -> None:
    with pytest.raises(CalibrationError, match="unit"):
        judge_spheres(find_spheres(_bench()[::7] * scale, RADIUS), RADIUS)


def test_a_wrong_spacing_is_said(found: list[FoundSphere]) -> None:
    with pytest.raises(CalibrationError, match="No two spheres stand 400 mm apart"):
        judge_spheres(found, RADIUS, [400.0])
    with pytest.raises(CalibrationError, match="do not belong to these spheres"):
        judge_spheres(found, RADIUS, [100.0, 200.0])
    with pytest.raises(CalibrationError, match="must be positive"):
        judge_spheres(found, RADIUS, [-1.0])


def test_too_few_points_and_no_radius_are_refused() -> None:
    with pytest.raises(CalibrationError, match="too few points"):
        find_spheres(np.zeros((10, 3)), RADIUS)
    with pytest.raises(CalibrationError, match="must be positive"):
        find_spheres(np.zeros((100, 3)), 0.0)


def test_three_of_a_thousand_points_are_discarded() -> None:
    distances = np.linspace(-1, 1, 1000)
    distances[:3] = 50.0
    assert form_range_mm(distances) == pytest.approx(2.0, abs=0.01)
    distances[3] = 50.0
    assert form_range_mm(distances) > 50


def test_a_sphere_of_a_wrong_size_is_measured_as_it_is() -> None:
    rng = np.random.default_rng(4)
    (found,) = find_spheres(cap((0.0, 0.0, 800.0), 53.0, rng, n=3000, noise_mm=0.3), 50.0)
    assert found.fit.radius_mm == pytest.approx(53.0, abs=RADIUS_LIMIT_MM)


def test_two_spheres_that_touch_and_one_half_behind_a_wall() -> None:
    rng = np.random.default_rng(5)
    touching = [cap((x, 0.0, 800.0), 38.0, rng, n=2000, noise_mm=0.2) for x in (-38.0, 38.0)]
    half = cap((0.0, 200.0, 800.0), 38.0, rng, n=4000, noise_mm=0.2)
    cloud = np.concatenate([*touching, half[half[:, 0] > 5.0]])
    found = find_spheres(cloud, 38.0)
    assert len(found) == 3
    for sphere in found:
        assert sphere.fit.radius_mm == pytest.approx(38.0, abs=RADIUS_LIMIT_MM)


@pytest.mark.parametrize("seed", range(3))
def test_a_table_that_a_sphere_is_sunk_in_is_not_taken_for_it(seed: int) -> None:
    view = depth_view([((20.0, 10.0, 500.0), RADIUS)], np.random.default_rng(seed), table_mm=485.0)
    around = points_of(view).reshape(*GRID.shape, 3)[150:350, 330:550].reshape(-1, 3)
    (sphere,) = find_spheres(around, RADIUS)
    assert abs(sphere.fit.radius_mm - RADIUS) < 3 * sphere.fit.radius_sigma_mm
    assert sphere.fit.radius_sigma_mm < RADIUS_LIMIT_MM
    assert sphere.fit.cap_deg < 75.0, "its foot is the table's"
