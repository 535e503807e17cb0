"""The alignment benchmark's figures: computed, and able to condemn."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.benchmarks import alignment as bench
from pipeline.benchmarks.alignment_figures import (
    BED_QUANTITIES,
    QUANTITIES,
    AlignmentRow,
    Sample,
    alignment_findings,
    summarise,
)
from pipeline.benchmarks.findings import Findings
from tracking.alignment import Alignment
from tracking.measurement import measured

N = 4000
SAMPLING = 0.05  # of an rms over 4000 draws, relative, with room
DOCKED_TILT_DEG = 0.1  # one frame: eight times its usual error


def _samples(
    claimed_share: float = 1.0, bias: float = 0.0, quantity: str = "air_gap_mm", bed: str = "flat"
) -> list[Sample]:
    """Errors of 0.2 that are claimed to be `claimed_share` of that."""
    errors = 0.2 * np.random.default_rng(5).standard_normal(N) + bias
    sigma = 0.2 * claimed_share
    return [Sample(bed, quantity, False, float(e), sigma, (float(e) / sigma,)) for e in errors]


def _row(samples: list[Sample]) -> AlignmentRow:
    return summarise(samples, samples[0].bed, samples[0].quantity, with_survey=False)


def _findings(rows: list[AlignmentRow]) -> Findings:
    return alignment_findings(rows, 1, "a test")


def test_honest_errors_give_ones() -> None:
    row = _row(_samples())
    assert row.rms == pytest.approx(0.2, rel=SAMPLING)
    assert row.p95 == pytest.approx(1.96 * 0.2, rel=SAMPLING)
    assert row.normalised_rms == pytest.approx(1.0, rel=SAMPLING)
    assert row.inside_99 == pytest.approx(0.99, abs=0.005)
    assert row.observable == 1.0
    assert row.sigma_median == pytest.approx(0.2)


def test_bias_is_seen_with_its_sign() -> None:
    assert _row(_samples(bias=-0.3)).bias == pytest.approx(-0.3, abs=0.02)


def test_sigma_that_claims_too_much_fails_the_round_beds_goal() -> None:
    for claimed_share, is_met in ((1.0, True), (0.25, False)):
        rows = [_row(_samples(claimed_share, quantity=q, bed="convex")) for q in BED_QUANTITIES]
        goals = [g for g in _findings(rows).goals if "99 %" in g.name]
        assert [goal.is_met for goal in goals] == [is_met] * len(BED_QUANTITIES)


@pytest.mark.parametrize(("bias", "is_met"), [(0.0, True), (1.0, False)])
def test_goal_is_judged_on_the_rms(bias: float, is_met: bool) -> None:
    goals = _findings([_row(_samples(bias=bias))]).goals
    assert [goal.is_met for goal in goals] == [is_met]


def test_quantity_that_is_never_observable_meets_no_goal() -> None:
    row = _row([Sample("flat", "air_gap_mm", False)] * 3)
    assert (row.observable, row.rms, row.inside_99, row.normalised_rms) == (0.0, None, None, None)
    findings = _findings([row])
    assert [goal.is_met for goal in findings.goals] == [False]
    json.dumps(findings.data, allow_nan=False)


def test_frames_without_the_quantity_count_as_not_observable() -> None:
    row = _row([*_samples(), *[Sample("flat", "air_gap_mm", False)] * N])
    assert row.observable == 0.5
    assert row.n_frames == 2 * N


def test_size_of_a_vector_is_normalised_by_its_components() -> None:
    truth = {"incidence_deg": 1.0, "incidence_x_deg": 0.6, "incidence_y_deg": 0.8}
    told = Alignment(
        incidence_deg=measured(1.5, 0.4),
        incidence_x_deg=measured(0.9, 0.1),
        incidence_y_deg=measured(1.2, 0.4),
    )
    truth |= dict.fromkeys(QUANTITIES, 0.0) | truth
    samples = bench.compare("flat", told, truth, with_survey=True)
    sample = next(s for s in samples if s.quantity == "incidence_deg")
    assert sample.error == pytest.approx(0.5)
    assert sample.normalised == pytest.approx((3.0, 1.0))
    roll_unknown = Alignment(incidence_deg=measured(1.5, 0.4))
    samples = bench.compare("flat", roll_unknown, truth, with_survey=True)
    sample = next(s for s in samples if s.quantity == "incidence_deg")
    assert sample.normalised == pytest.approx((0.5 / 0.4,))
    assert all(s.error is None for s in samples if s.quantity != "incidence_deg")


def test_a_docking_runs_with_and_without_its_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "N_SURVEY", 1)
    monkeypatch.setattr(bench, "N_DOCKED", 1)
    reported: list[tuple[int, int | None]] = []
    findings = bench.run_alignment_bench(
        1, 6, lambda done, of: reported.append((done, of)), beds=("flat",)
    )
    assert reported == [(1, 1)]
    rows = findings.data["rows"]
    assert isinstance(rows, list)
    assert [(r["quantity"], r["with_survey"]) for r in rows] == [
        (quantity, with_survey) for quantity in QUANTITIES for with_survey in (False, True)
    ]
    tilt = rows[0]
    assert tilt["n_frames"] == 1
    assert tilt["rms"] < DOCKED_TILT_DEG
    json.dumps(findings.data, allow_nan=False)
    assert len(findings.tables[0].rows) == len(rows)
