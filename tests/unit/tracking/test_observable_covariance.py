"""What the information tells becomes a covariance; what it does not tell is left out."""

from __future__ import annotations

import numpy as np
import pytest

from tracking.arrays import Float
from tracking.observable_covariance import (
    AXIAL,
    ROLL,
    UNKNOWN_SLIDE_MM,
    counted,
    observable_covariance,
)


def _information(roll: float = 1e4, axial: float = 1e2) -> Float:
    """Of a small motion, coupled, with so much about roll and slide."""
    rows = np.random.default_rng(1).standard_normal((40, 6))
    scale = np.sqrt(np.array([1e6, 1e6, roll, 1e2, 1e2, axial]))
    information: Float = rows.T @ rows / 40 * np.outer(scale, scale)
    return information


def test_all_is_told() -> None:
    information, score = _information(), 2.0 * _information()
    covariance, has_roll, has_slide = observable_covariance(information, score, 30.0)
    inverse = np.linalg.inv(information)
    np.testing.assert_allclose(covariance, inverse @ score @ inverse, rtol=1e-4)
    np.testing.assert_array_equal(covariance, covariance.T)
    assert (has_roll, has_slide) == (True, True)


def test_a_straight_tube_has_no_roll() -> None:
    information = _information()
    covariance, has_roll, has_slide = observable_covariance(information, information, 0.0)
    kept = [0, 1, 3, 4, 5]
    expected = np.linalg.inv(information[np.ix_(kept, kept)])
    np.testing.assert_allclose(covariance[np.ix_(kept, kept)], expected, rtol=1e-4)
    assert not covariance[ROLL].any()
    assert (has_roll, has_slide) == (False, True)


@pytest.mark.parametrize("bevel_deg", [0.0, 30.0])
def test_a_slide_that_is_not_told_is_anywhere(bevel_deg: float) -> None:
    information = _information(axial=1e-3)
    covariance, _, has_slide = observable_covariance(information, information, bevel_deg)
    assert not has_slide
    assert covariance[AXIAL, AXIAL] == UNKNOWN_SLIDE_MM**2
    assert not np.delete(covariance[AXIAL], AXIAL).any()


def test_a_bevel_s_roll_is_there_known_or_not() -> None:
    """What it costs the other directions stays in their variances."""
    information = _information(roll=1.0)
    covariance, has_roll, _ = observable_covariance(information, information, 30.0)
    assert not has_roll
    assert not covariance[ROLL].any()
    kept = [0, 1, 3, 4, 5]
    expected = np.linalg.inv(information)[np.ix_(kept, kept)]
    np.testing.assert_allclose(covariance[np.ix_(kept, kept)], expected, rtol=1e-3)


def test_what_is_not_finite_has_no_covariance() -> None:
    information = _information()
    information[0, 0] = np.nan
    with pytest.raises(np.linalg.LinAlgError):
        observable_covariance(information, _information(), 30.0)


def test_residuals_are_counted() -> None:
    assert counted(np.array([1.0, -2.0, np.nan, 3.5, np.inf]), 3.0) == (3, 2)
    assert counted(np.zeros(0), 3.0) == (0, 0)
