"""The consistency bench tells covariances that say the truth from those that do not."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.benchmarks.consistency import (
    COVERAGE_GOAL,
    LEVELS_PX,
    Cell,
    CellFigures,
    FrameOutcome,
    cell_figures,
    consistency,
    outcome,
)
from tracking.arrays import Float
from tracking.registration import Registration, RegistrationStatus
from tracking.transforms import rigid, rotation_from_vector

TRUTH = rigid(rotation_from_vector([2.0, 0.5, -0.3]), [20.0, -10.0, 500.0])
N_DRAWS = 4000
COVERAGE_TOLERANCE = 0.005  # three standard errors of 99 % from so many draws
NEES_RATIO = 0.06  # chi square of 2 over so many draws scatters by 1.6 %: four times that


def _covariance() -> Float:
    rng = np.random.default_rng(4)
    mix = rng.standard_normal((6, 6)) * np.array([1e-3] * 3 + [0.2] * 3)[:, None]
    covariance: Float = mix @ mix.T
    return covariance


def _figures(claimed_over_true: float) -> CellFigures:
    """Poses scattered by a known covariance that claim a multiple of it."""
    covariance = _covariance()
    rng = np.random.default_rng(5)
    outcomes = []
    for motion in rng.multivariate_normal(np.zeros(6), covariance, N_DRAWS):
        estimate = TRUTH.copy()  # truth = the motion applied to the estimate
        estimate[:3, :3] = rotation_from_vector(-motion[:3]) @ TRUTH[:3, :3]
        estimate[:3, 3] = TRUTH[:3, 3] - motion[3:]
        registration = Registration(
            RegistrationStatus.OK,
            estimate,
            covariance * claimed_over_true,
            roll_observable=True,
            axial_observable=True,
        )
        outcomes.append(outcome(registration, TRUTH))
    return cell_figures(Cell(0.08, is_occluded=False), outcomes)


def test_a_true_covariance_covers_and_has_the_ideal_nees() -> None:
    figures = _figures(1.0)
    assert figures.axis_coverage == pytest.approx(0.99, abs=COVERAGE_TOLERANCE)
    assert figures.exit_coverage == pytest.approx(0.99, abs=COVERAGE_TOLERANCE)
    assert figures.axis_nees == pytest.approx(2.0, rel=NEES_RATIO)
    assert figures.exit_nees == pytest.approx(3.0, rel=NEES_RATIO)
    assert figures.unsure == 0.0


@pytest.mark.parametrize(("scale", "is_too_small"), [(0.25, True), (4.0, False)])
def test_a_covariance_scaled_by_four_fails_the_coverage(scale: float, is_too_small: bool) -> None:
    figures = _figures(scale)
    least, most = COVERAGE_GOAL
    for coverage in (figures.axis_coverage, figures.exit_coverage):
        assert coverage is not None
        assert coverage < least if is_too_small else coverage > most
    assert figures.axis_nees == pytest.approx(2.0 / scale, rel=NEES_RATIO)


def test_an_unknown_slide_claims_the_axis_alone() -> None:
    registration = Registration(RegistrationStatus.OK, TRUTH, _covariance())
    assert outcome(registration, TRUTH) == FrameOutcome(0.0, None, "OK")
    weak = Registration(RegistrationStatus.WEAK_GEOMETRY, TRUTH, _covariance())
    assert outcome(weak, TRUTH) == FrameOutcome(None, None, "WEAK_GEOMETRY")


def test_what_is_not_claimed_is_not_covered_but_unsure() -> None:
    figures = cell_figures(
        Cell(0.08, is_occluded=True),
        [
            FrameOutcome(1.0, 1.0, "OK"),
            FrameOutcome(100.0, None, "OK"),
            FrameOutcome(None, None, "POOR_FIT"),
        ],
    )
    assert (figures.n_frames, figures.n_axis, figures.n_exit) == (3, 2, 1)
    assert figures.axis_coverage == 0.5
    assert figures.exit_coverage == 1.0
    assert figures.unsure == pytest.approx(2 / 3)
    nothing = cell_figures(Cell(0.08, is_occluded=True), [FrameOutcome(None, None, "POOR_FIT")])
    assert nothing.axis_coverage is None


def test_the_bench_runs_every_cell() -> None:
    told: list[tuple[int, int | None]] = []
    found = consistency(2, 0, lambda done, total: told.append((done, total)), n_processes=1)
    (table,) = found.tables
    assert len(table.rows) == 2 * len(LEVELS_PX) + 1
    assert [row[1] for row in table.rows] == ["2"] * len(table.rows)
    assert told[-1][0] == told[-1][1] == len(told)
    cells = found.data["cells"]
    assert isinstance(cells, list)
    assert all(cell["frames"] == len(cell["outcomes"]) == 2 for cell in cells)
    # Most frames of any cell can be registered from a start beside the truth.
    assert sum(cell["claimed_axis"] for cell in cells) > len(cells)
