from __future__ import annotations

import numpy as np
import pytest

from calibration.sphere_fit import SphereFit, fit_sphere
from tests.sphere_clouds import cap, depth_view, points_of
from tracking.arrays import Float
from tracking.errors import CalibrationError

CENTRE = (10.0, 20.0, 500.0)
RADIUS = 25.0


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_exact_points_give_the_exact_sphere() -> None:
    fit = fit_sphere(cap(CENTRE, RADIUS, _rng(), noise_mm=0.0))
    np.testing.assert_allclose(fit.centre_mm, CENTRE, atol=1e-6)
    assert fit.radius_mm == pytest.approx(RADIUS, abs=1e-6)
    assert fit.cap_deg == pytest.approx(79, abs=2)


@pytest.mark.parametrize("half_angle", [40.0, 60.0, 85.0])
def test_partial_spheres_are_told_within_their_sigmas(half_angle: float) -> None:
    """A camera sees less than half: of 150 fits the rms error is the rms sigma.

    Within a quarter: either rms is good to 6 % (1-sigma), the sigmas rest on a dozen patches.
    """
    errors, sigmas = [], []
    for seed in range(150):
        fit = fit_sphere(cap(CENTRE, RADIUS, _rng(seed), n=600, half_angle_deg=half_angle))
        errors.append(fit.radius_mm - RADIUS)
        sigmas.append(fit.radius_sigma_mm)
    rms_error, rms_sigma = (float(np.sqrt(np.mean(np.square(x)))) for x in (errors, sigmas))
    assert rms_error == pytest.approx(rms_sigma, rel=0.25)
    assert abs(np.mean(errors)) < 0.4 * rms_sigma


def test_correlated_depth_noise_is_in_the_sigma() -> None:
    """Of 40 simulated views; independent points would claim a third of the true spread."""
    errors, sigmas = [], []
    for seed in range(40):
        points = points_of(depth_view([(CENTRE, RADIUS)], _rng(seed)))
        near = np.abs(np.linalg.norm(points - CENTRE, axis=1) - RADIUS) < 4
        fit = fit_sphere(points[near])
        errors.append(fit.radius_mm - RADIUS)
        sigmas.append(fit.radius_sigma_mm)
    assert np.std(errors) == pytest.approx(np.median(sigmas), rel=0.35)
    assert abs(np.mean(errors)) < 0.05


def test_a_known_radius_makes_the_centre_surer() -> None:
    points = cap(CENTRE, RADIUS, _rng(), half_angle_deg=50.0)
    free, known = fit_sphere(points), fit_sphere(points, RADIUS)
    assert known.radius_mm == RADIUS
    assert known.radius_sigma_mm == 0.0
    assert known.centre_sigma_mm < 0.5 * free.centre_sigma_mm
    np.testing.assert_allclose(known.centre_mm, CENTRE, atol=4 * known.centre_sigma_mm)


def test_a_tenth_of_outliers_and_a_hole_are_survived() -> None:
    points = cap(CENTRE, RADIUS, _rng(), n=3000)
    hole = np.linalg.norm(points - points[0], axis=1) < 8.0
    points = points[~hole]
    points[::10] += _rng(1).uniform(-8, 8, points[::10].shape)
    fit = fit_sphere(points)
    assert fit.radius_mm == pytest.approx(RADIUS, abs=0.05)
    assert fit.is_inlier[::10].mean() < 0.5


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (np.zeros((0, 3)), "Too few"),
        (cap(CENTRE, RADIUS, _rng(), n=49), "Too few"),
        (np.full((100, 3), np.nan), "finite"),
        (np.zeros((100, 3)), "no sphere"),
        (_rng().uniform(-1, 1, (500, 3)) * (50, 50, 0), "no sphere"),
        (cap(CENTRE, RADIUS, _rng(), half_angle_deg=12.0, noise_mm=0.01), "no sphere"),
    ],
)
def test_what_is_no_sphere_is_refused(points: Float, why: str) -> None:
    with pytest.raises(CalibrationError, match=why):
        fit_sphere(points)


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan")])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(CalibrationError, match="must be positive"):
        fit_sphere(cap(CENTRE, RADIUS, _rng()), radius)


def test_the_result_is_read_only() -> None:
    fit: SphereFit = fit_sphere(cap(CENTRE, RADIUS, _rng()))
    with pytest.raises(ValueError, match="read-only"):
        fit.centre_mm[0] = 0.0
