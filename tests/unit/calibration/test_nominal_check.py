"""A nominal size that is plainly not the target's is told; an error of the camera is not."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from calibration.flat_targets import BlockFigure, BlocksResult
from calibration.nominal_check import AgainstNominal, nominal_warnings
from calibration.sphere_search import find_spheres
from calibration.vdi_2634 import judge_spheres
from tests.sphere_clouds import cap


@pytest.mark.parametrize(
    ("measured", "nominal", "sigma", "is_doubtful"),
    [
        (25.0, 28.0, 0.01, True),
        (25.49, 25.0, 0.01, False),  # within 0.5 mm
        (25.51, 25.0, 0.01, True),
        (28.0, 25.0, 0.31, False),  # within 10 sigma
        (28.2, 25.0, 0.31, True),
        (201.9, 200.0, 0.01, False),  # within 1 %
        (202.1, 200.0, 0.01, True),
        (nan, 25.0, 0.01, True),
    ],
)
def test_a_size_is_doubted_beyond_half_a_millimetre_ten_sigma_and_a_hundredth(
    measured: float, nominal: float, sigma: float, is_doubtful: bool
) -> None:
    assert AgainstNominal("size", measured, nominal, sigma, "mm").is_doubtful == is_doubtful


def test_blocks_are_compared_each_with_its_own_nominal_value() -> None:
    blocks = (
        BlockFigure("angle_block", 15.0, 15.02, 0.01, "deg"),
        BlockFigure("standoff_block", 25.0, 20.0013, 0.001, "mm"),
    )
    warnings = nominal_warnings(BlocksResult(blocks, 0.1).against_nominal)
    assert len(warnings) == 1
    assert warnings[0].startswith("standoff_block_25mm is 20.0013 mm (1-sigma 0.0010 mm), the nom")
    assert "value 25 mm: is it the target that is meant?" in warnings[0]


@pytest.mark.parametrize(
    ("radius_mm", "spacing_mm", "doubted"),
    [(25.0, 120.0, []), (25.0, 110.0, ["spacing_1_2"]), (28.0, 120.0, ["sphere_1", "sphere_2"])],
)
def test_spheres_and_their_distance_are_compared(
    radius_mm: float, spacing_mm: float, doubted: list[str]
) -> None:
    rng = np.random.default_rng(4)
    centres = ((-60.0, 0.0, 500.0), (60.0, 0.0, 500.0))
    made = [cap(c, 25.0, rng, n=2000, half_angle_deg=75.0, noise_mm=0.05) for c in centres]
    found = find_spheres(np.concatenate(made), radius_mm)
    warnings = nominal_warnings(judge_spheres(found, radius_mm, [spacing_mm]).against_nominal)
    assert len(warnings) == len(doubted)
    assert all(w.startswith(name) for w, name in zip(warnings, doubted, strict=True))
