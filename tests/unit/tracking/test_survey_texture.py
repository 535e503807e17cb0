"""The bed's pattern in a frame against the map's, as plain NumPy would say it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.survey_scene import (
    CONE,
    HOME_MAP,
    INTRINSICS,
    NOISE,
    Shot,
    camera_pose,
    cone_pose,
    hollow,
    shoot,
    vessels,
)
from tracking.arrays import Float
from tracking.robust import NORMAL_MAD, median, tukey
from tracking.survey_around import Around
from tracking.survey_fusion import started
from tracking.survey_motion import Equations
from tracking.survey_samples import SurveySamples, survey_samples
from tracking.survey_terms import LiveView
from tracking.survey_texture import INFLATION, SLOPE_NOISE, texture_equations
from tracking.survey_texture_loops import (
    MIN_DEPTH_MM,
    MIN_SAMPLES,
    MIN_SPREAD,
    TUKEY,
    pattern_sums,
)
from tracking.transforms import invert, transform_points

HOME, MOVED = camera_pose(), camera_pose((0.1, -0.1, 0.2, 0.5, -0.4, 1.0))
ROUNDING = 1e-10
PIVOT = np.array([1.0, 2.0, 480.0])


def painted(pose: Float, seed: int) -> Shot:
    return shoot(hollow(), pose, seed, paint=vessels)


@cache
def samples() -> SurveySamples:
    return survey_samples(started(0, painted(HOME, 1).view), NOISE)


def by_numpy(found: SurveySamples, pose: Float, around: Around, view: LiveView) -> Equations:
    points = transform_points(invert(pose), found.points_mm)
    chosen = around.holds(points) & np.isfinite(found.texture) & (points[:, 2] > MIN_DEPTH_MM)
    points, known = points[chosen], found.texture[chosen]
    assert view.texture is not None
    seen, across, down = view.texture.with_slopes_at(*INTRINSICS.project(points).T)
    usable = np.isfinite(seen + across + down)
    points, residuals = points[usable], (seen - known)[usable]
    residuals = residuals - median(residuals)
    spread = max(MIN_SPREAD, NORMAL_MAD * median(np.abs(residuals)))
    weights = tukey(residuals, TUKEY * spread) / (INFLATION * spread**2)
    x, y, z = points.T
    nothing = np.zeros_like(z)
    by_point = [
        np.stack([INTRINSICS.fx / z, nothing, -INTRINSICS.fx * x / z**2], axis=1),
        np.stack([nothing, INTRINSICS.fy / z, -INTRINSICS.fy * y / z**2], axis=1),
    ]
    levers = points - around.centre_camera_mm
    right, below = (np.hstack([np.cross(levers, one), one]) for one in by_point)
    jacobian = across[usable, None] * right + down[usable, None] * below
    noise = weights * SLOPE_NOISE * spread**2
    return Equations(
        (jacobian.T * weights) @ jacobian,
        jacobian.T @ (weights * residuals),
        (right.T * noise) @ right + (below.T * noise) @ below,
    )


@pytest.mark.parametrize("reach_mm", [60.0, np.inf])
@pytest.mark.parametrize("pose", [HOME, MOVED], ids=["home", "moved"])
def test_equations(pose: Float, reach_mm: float) -> None:
    shot, survey_from_camera = painted(pose, 2), invert(HOME) @ pose
    cone = Around.cone(CONE, invert(pose) @ cone_pose())
    around = Around(cone.centre_camera_mm, cone.axis_camera, reach_mm)
    found = texture_equations(samples(), survey_from_camera, around, shot.view)
    wanted = by_numpy(samples(), survey_from_camera, around, shot.view)
    for name, values in vars(wanted).items():
        size = float(np.abs(values).max())
        np.testing.assert_allclose(getattr(found, name), values, ROUNDING, ROUNDING * size)


def test_without_colour_there_is_no_pattern() -> None:
    around = Around.middle(samples(), np.eye(4))
    assert texture_equations(samples(), np.eye(4), around, shoot(hollow(), HOME, 3).view) is None


def test_a_map_without_a_pattern_tells_nothing() -> None:
    plain = survey_samples(HOME_MAP, NOISE)
    around = Around.middle(plain, np.eye(4))
    assert texture_equations(plain, np.eye(4), around, painted(HOME, 2).view) is None


@pytest.mark.parametrize(
    ("n", "n_unknown", "is_alike", "is_told"),
    [
        (MIN_SAMPLES, 0, True, True),
        (MIN_SAMPLES, 1, True, False),
        (MIN_SAMPLES, 0, False, False),
        (0, 0, True, False),
    ],
    ids=["just enough", "one too few", "another pattern", "none"],
)
def test_few_samples_or_another_pattern_tell_nothing(
    n: int, n_unknown: int, is_alike: bool, is_told: bool
) -> None:
    rng = np.random.default_rng(4)
    points, known = rng.standard_normal((n, 3)) * 20.0 + PIVOT, rng.standard_normal(n)
    seen = known + 0.1 if is_alike else -known
    seen[:n_unknown] = np.nan
    across, down = rng.standard_normal((2, n))
    found = pattern_sums(points, known, seen, across, down, PIVOT, 300.0, 300.0, 2.0, 0.1)
    assert found[0] is is_told


def test_a_map_that_does_not_vary_tells_nothing() -> None:
    points, flat = np.full((50, 3), PIVOT), np.ones(50)
    seen = np.linspace(0.0, 1.0, 50)
    told = pattern_sums(points, flat, seen, flat, flat, PIVOT, 300.0, 300.0, 2.0, 0.1)[0]
    assert not told
