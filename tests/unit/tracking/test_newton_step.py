"""A damped step, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.arrays import Float
from tracking.newton_step import (
    AXIAL,
    AXIAL_STEP_SIGMA_MM,
    ROLL,
    ROLL_STEP_SIGMA_RAD,
    newton_step,
)

NOTHING = np.zeros(6)


def _information(seed: int) -> Float:
    rows = np.random.default_rng(seed).standard_normal((20, 6)) * 30.0
    information: Float = rows.T @ rows
    return information


def _damped(information: Float) -> Float:
    weak = np.zeros(6)
    weak[ROLL], weak[AXIAL] = 1 / ROLL_STEP_SIGMA_RAD**2, 1 / AXIAL_STEP_SIGMA_MM**2
    damped: Float = information + np.diag(weak + np.trace(information) * 1e-9 + 1e-9)
    return damped


def test_a_step_solves_the_damped_equations() -> None:
    depth, edges = _information(1), _information(2)
    rng = np.random.default_rng(3)
    depth_gradient, edge_gradient, total = rng.standard_normal((3, 6))
    information, step, square = newton_step(
        depth, depth_gradient, edges, edge_gradient, total, NOTHING
    )
    np.testing.assert_allclose(information, depth + edges, rtol=1e-15)
    gradient = depth_gradient + edge_gradient - edges @ total
    np.testing.assert_allclose(step, np.linalg.solve(_damped(depth + edges), gradient), rtol=1e-9)
    assert square == pytest.approx(step @ (depth + edges) @ step, rel=1e-9)


def test_a_step_that_turns_back_goes_half_the_way() -> None:
    information, gradient = _information(4), np.ones(6)
    whole = newton_step(information, gradient, np.zeros((6, 6)), NOTHING, NOTHING, NOTHING)
    half = newton_step(information, gradient, np.zeros((6, 6)), NOTHING, NOTHING, -whole[1])
    np.testing.assert_allclose(half[1], whole[1] / 2, rtol=1e-12)
    assert half[2] == pytest.approx(whole[2] / 4, rel=1e-12)


@pytest.mark.parametrize("direction", [ROLL, AXIAL])
def test_where_nothing_is_told_a_step_stays_bounded(direction: int) -> None:
    kept = np.eye(6)
    kept[direction, direction] = 0.0
    information = kept @ _information(5) @ kept
    gradient = np.zeros(6)
    gradient[direction] = 1e-3
    _, step, _ = newton_step(information, gradient, np.zeros((6, 6)), NOTHING, NOTHING, NOTHING)
    assert np.isfinite(step).all()
    assert abs(step[direction]) < 0.1


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_gives_no_step(bad: float) -> None:
    information, gradient = _information(6), np.ones(6)
    spoilt = information.copy()
    spoilt[1, 2] = bad
    no_edges = np.zeros((6, 6))
    assert np.isnan(newton_step(spoilt, gradient, no_edges, NOTHING, NOTHING, NOTHING)[1]).all()
    gradient = np.array([1.0, bad, 1.0, 1.0, 1.0, 1.0])
    assert np.isnan(
        newton_step(information, gradient, no_edges, NOTHING, NOTHING, NOTHING)[1]
    ).all()
