"""Gaps along the axis and what they follow, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import make_applicator
from tracking.air_gap import (
    N_NEWTON,
    SETTLED_MM,
    AxialGaps,
    axial_gaps,
    field_points,
    rim_points,
)
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.bed import exit_axes, quadratic_basis, quadratic_height, quadratic_slopes
from tracking.transforms import rotation_from_vector

CURVED = np.array([-3.0, 0.03, -0.05, 3e-3, -1e-3, 4e-3])
FLAT = np.array([-3.0, 0.03, -0.05, 0.0, 0.0, 0.0])
ROUNDING = 1e-12


def by_numpy(cone: Applicator, axes: Float, coefficients: Float, field: Float) -> AxialGaps:
    points = np.stack([field[:, 0], field[:, 1], -field[:, 0] * cone.bevel_slope], axis=1)
    local, axis = points @ axes.T, axes[:, 2]
    gaps, feet = np.zeros(len(field)), local[:, :2]
    for _ in range(N_NEWTON):
        slopes = np.stack(quadratic_slopes(coefficients, *feet.T), axis=1)
        along = axis[2] - slopes @ axis[:2]
        height = quadratic_height(coefficients, *feet.T)
        step = (local[:, 2] - gaps * axis[2] - height) / along
        gaps = gaps + step
        feet = local[:, :2] - gaps[:, None] * axis[:2]
        if np.abs(step).max(initial=0.0) < SETTLED_MM:
            break
    slopes = np.stack(quadratic_slopes(coefficients, *feet.T), axis=1)
    along = axis[2] - slopes @ axis[:2]
    normals = np.hstack([-slopes, np.ones((len(field), 1))]) / along[:, None] @ axes
    by_motion = np.hstack([np.cross(points, normals), normals])
    return AxialGaps(gaps, by_motion, quadratic_basis(*feet.T) / -along[:, None], feet)


@pytest.mark.parametrize("coefficients", [CURVED, FLAT], ids=["curved", "flat"])
@pytest.mark.parametrize("bevel_deg", [0.0, 30.0])
@pytest.mark.parametrize("n", [0, 1, 200])
def test_gaps_and_what_they_follow(n: int, bevel_deg: float, coefficients: Float) -> None:
    cone = make_applicator(60.0, bevel_deg)
    axes = rotation_from_vector([0.05, -0.08, 0.2]) @ exit_axes(cone)
    field = np.concatenate([field_points(30.0), rim_points(30.0)])[:n]
    found = axial_gaps(cone, axes, coefficients, field)
    for name, wanted in vars(by_numpy(cone, axes, coefficients, field)).items():
        np.testing.assert_allclose(getattr(found, name), wanted, ROUNDING, 30.0 * ROUNDING)


def test_a_place_that_is_no_number_spoils_no_other() -> None:
    cone, field = make_applicator(60.0, 0.0), rim_points(30.0)
    field[3] = np.nan
    found = axial_gaps(cone, np.eye(3), CURVED, field)
    wanted = by_numpy(cone, np.eye(3), CURVED, field)
    np.testing.assert_allclose(found.gaps_mm, wanted.gaps_mm, ROUNDING)
    assert np.isnan(found.gaps_mm[3])
