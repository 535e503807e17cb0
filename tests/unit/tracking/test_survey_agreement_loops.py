"""Means over stretches around the rim, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.arrays import Float
from tracking.robust import NORMAL_MAD, tukey
from tracking.survey_agreement_loops import (
    MAX_STRETCHES,
    MIN_STRETCH_SAMPLES,
    MIN_STRETCHES,
    TUKEY,
    WANTED_SIGMA_MM,
    stretch_means,
)

CENTRE = np.array([3.0, -5.0, 480.0])
AXES = [np.array([0.1, -0.5, -0.86]), np.array([0.9, 0.1, 0.2]), np.array([0.0, 1.0, 0.0])]


def samples(n: int, sigma_mm: float) -> tuple[Float, Float, Float, Float]:
    """Heights with strays, their sigmas and weights, and points."""
    rng = np.random.default_rng(n)
    sigmas = sigma_mm * rng.uniform(0.8, 1.2, n)
    heights = 0.5 + sigmas * rng.standard_normal(n)
    heights[::13] += 20.0
    return heights, sigmas, rng.uniform(0.1, 0.2, n), CENTRE + 40.0 * rng.standard_normal((n, 3))


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("n", "sigma_mm"), [(40, 3.0), (41, 0.4), (300, 3.0), (1500, 1.0)])
def test_means(n: int, sigma_mm: float, axis: Float) -> None:
    heights, sigmas, weights, points = samples(n, sigma_mm)
    wanted = (weights / sigmas**2).sum() * WANTED_SIGMA_MM**2
    n_stretches = int(np.clip(wanted, MIN_STRETCHES, MAX_STRETCHES))
    first = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    levers = points - CENTRE
    angle = np.arctan2(levers @ np.cross(axis, first), levers @ first)
    stretch = np.minimum((angle / (2 * np.pi) + 0.5) * n_stretches, n_stretches - 1).astype(int)
    groups = [np.flatnonzero(stretch == index) for index in range(n_stretches)]
    off = np.empty(n)
    for group in groups:
        off[group] = heights[group] - np.sort(heights[group])[len(group) // 2]
    off /= sigmas
    spread = max(1.0, NORMAL_MAD * float(np.median(np.abs(off))))
    robust = weights * tukey(off, TUKEY * spread) / (spread * sigmas) ** 2
    means, errors = stretch_means(heights, sigmas, weights, points, axis, CENTRE)
    assert len(means) == len(errors) == n_stretches
    for group, mean, error in zip(groups, means, errors, strict=True):
        if len(group) < MIN_STRETCH_SAMPLES:
            assert error == np.inf
        else:
            total = robust[group].sum()
            assert mean == pytest.approx((robust[group] * heights[group]).sum() / total, rel=1e-12)
            assert error == pytest.approx(1 / np.sqrt(total), rel=1e-12)


def test_an_empty_stretch_is_not_told() -> None:
    heights, sigmas, weights, points = samples(60, 0.4)
    axis = AXES[0]
    first = np.cross(axis, np.eye(3)[0])
    on_one_side = (points - CENTRE) @ first > 0
    parts = (heights, sigmas, weights, points)
    heights, sigmas, weights, points = (values[on_one_side] for values in parts)
    means, errors = stretch_means(heights, sigmas, weights, points, axis, CENTRE)
    assert np.isinf(errors).any()
    assert np.isfinite(errors).any()
    assert np.isfinite(means).all()


@pytest.mark.parametrize("spoilt", range(3))
def test_what_is_not_finite_lies_in_no_stretch(spoilt: int) -> None:
    heights, sigmas, weights, points = samples(300, 1.0)
    places = [points.copy(), AXES[0].copy(), CENTRE.copy()]
    places[spoilt].flat[0] = np.nan
    with pytest.raises(ValueError, match="no stretch"):
        stretch_means(heights, sigmas, weights, *places)
