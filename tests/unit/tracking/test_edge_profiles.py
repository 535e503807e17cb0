"""Steps along normals across an edge, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.edge_profiles import N_STEPS, SEARCH_PX, STEP_PX, places_across, steps_across

STEPS = np.linspace(-SEARCH_PX, SEARCH_PX, N_STEPS)


@pytest.mark.parametrize("n", [0, 1, 50])
def test_places_lie_along_the_normals(n: int) -> None:
    rng = np.random.default_rng(n)
    uv, angle = rng.uniform(0, 800, (n, 2)), rng.uniform(0, 6, n)
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for axis, place in enumerate(places_across(uv, normals, 30.0, 40.0)):
        expected = uv[:, axis, None] + STEPS * normals[:, axis, None] - (30.0, 40.0)[axis]
        assert place.dtype == np.float32
        np.testing.assert_array_equal(place, expected.astype(np.float32))


def _plain(shares: NDArray[np.float32]) -> Float:
    inner, outer = shares[:, :-1].astype(np.float64), shares[:, 1:].astype(np.float64)
    best = np.argmax(np.cumsum(np.nan_to_num(inner - 0.5), axis=1), axis=1)
    rows = np.arange(len(shares))
    before, after = inner[rows, best], outer[rows, best]
    is_step = (before >= 0.5) & (after < 0.5)
    beyond = np.divide(before - 0.5, before - after, out=np.zeros(len(rows)), where=is_step)
    return np.where(is_step, STEPS[best] + beyond * STEP_PX, np.nan)


def test_the_step_that_parts_the_two_sides_best() -> None:
    rng = np.random.default_rng(2)
    place = rng.uniform(-9, 9, 400)[:, None]
    shares = (1 / (1 + np.exp(2 * (STEPS - place)))).astype(np.float32)
    shares += rng.normal(0, 0.2, shares.shape).astype(np.float32)
    shares[rng.random(shares.shape) < 0.02] = np.nan
    found = steps_across(shares)
    assert 0.2 < np.isfinite(found).mean() < 0.9
    np.testing.assert_array_equal(found, _plain(shares))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0, np.nan])
def test_there_is_no_step_where_all_is_alike(share: float) -> None:
    assert np.isnan(steps_across(np.full((1, N_STEPS), share, np.float32))).all()


def test_no_normals_have_no_steps() -> None:
    assert len(steps_across(np.zeros((0, N_STEPS), np.float32))) == 0


def test_a_step_lies_between_its_neighbours() -> None:
    shares = np.where(STEPS < 1.0, 1.0, 0.2).astype(np.float32)[None]
    assert steps_across(shares)[0] == pytest.approx(0.5 + STEP_PX * 0.5 / 0.8)
