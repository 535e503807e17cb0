"""Where exactly a bound turns: numbers that are exact in binary, so that equal means equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import LIMITS, make_alignment
from tracking.limit_checks import LimitResult, check_limits
from tracking.measurement import Measurement
from tracking.plan import Limits, Tolerance
from tracking.reasons import Reason

AIR_GAP = "air_gap_mm"  # planned 0, tolerance 3
OUT = {"docking_lateral_mm": 5.0}
COVERAGE = "coverage_fraction"


def check(
    name: str, value: float, sigma: float, *, limits: Limits = LIMITS, beside: bool = False
) -> LimitResult:
    """One quantity; `beside`: while another is surely out of its tolerance."""
    values = {name: value} | (OUT if beside else {})
    return check_limits(make_alignment(values=values, sigmas={name: sigma}), limits)


def limits_with(changes: dict[str, Any]) -> Limits:
    return replace(LIMITS, **changes)


def covering(minimum: float) -> Limits:
    return replace(LIMITS, coverage_minimum_fraction=minimum)


@pytest.mark.parametrize("side", [-1.0, 1.0])
class TestExactly:
    def test_at_the_tolerance_it_stays_and_does_not_arm(self, side: float) -> None:
        assert check(AIR_GAP, side * 3.0, 0.0) == LimitResult(frozenset(), may_arm=False)

    def test_at_the_arming_fraction_it_arms(self, side: float) -> None:
        assert check("docking_tilt_deg", side * 0.8, 0.0).may_arm

    def test_at_the_tolerance_with_a_sigma_it_is_not_told_to_move(self, side: float) -> None:
        assert check(AIR_GAP, side * 3.0, 0.5).reasons == {Reason.AIR_GAP_UNCERTAIN}

    def test_three_sigma_as_large_as_the_tolerance_still_measure(self, side: float) -> None:
        told = Reason.AIR_GAP_HIGH if side > 0 else Reason.AIR_GAP_LOW
        assert check(AIR_GAP, side * 4.0, 1.0).reasons == {told}

    def test_as_far_out_as_three_larger_sigma_is_not_surely_out(self, side: float) -> None:
        assert check(AIR_GAP, side * 9.0, 2.0).reasons == {Reason.AIR_GAP_UNCERTAIN}

    @pytest.mark.parametrize(
        ("value", "sigma", "is_said"),
        [(2.5, 0.5, False), (3.0, 0.5, False), (2.0, 1.0, False), (2.0, 1.01, True), (0, 9, True)],
    )
    def test_what_is_merely_near_its_limit_hides_no_move(
        self, side: float, value: float, sigma: float, is_said: bool
    ) -> None:
        said = {Reason.AIR_GAP_UNCERTAIN} if is_said else set()
        reasons = check(AIR_GAP, side * value, sigma, beside=True).reasons
        assert reasons == {Reason.LATERAL_HIGH} | said


def test_what_is_near_is_said_where_nothing_is_out() -> None:
    both = make_alignment(values={AIR_GAP: 2.95, "docking_tilt_deg": 0.99})
    assert check_limits(both, LIMITS) == LimitResult(
        frozenset({Reason.AIR_GAP_UNCERTAIN, Reason.TILT_UNCERTAIN}), may_arm=False
    )


def test_what_cannot_be_seen_is_said_beside_a_move() -> None:
    hidden = replace(make_alignment(values=OUT), air_gap_mm=Measurement(None, None, False))
    assert check_limits(hidden, LIMITS).reasons == {Reason.LATERAL_HIGH, Reason.AIR_GAP_UNCERTAIN}


@pytest.mark.parametrize(("value", "sigma"), [(None, 0.1), (0.0, None)])
def test_half_a_measurement_is_none(value: float | None, sigma: float | None) -> None:
    """No such value can be constructed; the check does not rely on that."""
    half = Measurement(0.0, 0.1, True)
    object.__setattr__(half, "value", value)
    object.__setattr__(half, "sigma", sigma)
    for name, reason in (
        ("air_gap_mm", Reason.AIR_GAP_UNCERTAIN),
        ("incidence_deg", Reason.INCIDENCE_UNCERTAIN),
    ):
        change: dict[str, Any] = {name: half}
        alignment = replace(make_alignment(), **change)
        assert check_limits(alignment, LIMITS).reasons == {reason}


@pytest.mark.parametrize(("value", "sigma"), [(float("nan"), 0.1), (0.0, float("nan"))])
def test_a_measurement_that_is_no_number_passes_nothing(value: float, sigma: float) -> None:
    broken = Measurement(0.0, 0.1, True)
    object.__setattr__(broken, "value", value)
    object.__setattr__(broken, "sigma", sigma)
    result = check_limits(replace(make_alignment(), air_gap_mm=broken), LIMITS)
    assert result == LimitResult(frozenset({Reason.AIR_GAP_UNCERTAIN}), may_arm=False)


@pytest.mark.parametrize("name", ["incidence_x_deg", "incidence_y_deg"])
def test_a_planned_direction_counts_each_component_from_its_own_plan(name: str) -> None:
    planned = (2.0, -1.0)
    limits = replace(LIMITS, incidence_deg=replace(LIMITS.incidence_deg, planned=planned))
    on_plan = {"incidence_x_deg": 2.0, "incidence_y_deg": -1.0, "incidence_deg": 2.236}
    assert check_limits(make_alignment(values=on_plan), limits).may_arm
    off = on_plan | {name: on_plan[name] + 5.0625}
    assert check_limits(make_alignment(values=off), limits).reasons == {Reason.INCIDENCE_HIGH}


@pytest.mark.parametrize("size_deg", [-6.0, 6.0])
def test_an_incidence_out_of_its_tolerance_is_high_whatever_its_sign(size_deg: float) -> None:
    assert check("incidence_deg", size_deg, 0.1).reasons == {Reason.INCIDENCE_HIGH}


class TestCoverage:
    """What lacks of the whole is held against what may lack, as any other deviation."""

    @pytest.mark.parametrize(
        ("value", "sigma", "reasons", "may_arm"),
        [
            (1.0, 0.0, set(), True),
            (0.8125, 0.0, set(), True),  # 0.1875 of 0.25 lacks: inside 0.8 of it
            (0.7969, 0.0, set(), False),
            (0.75, 0.0, set(), False),
            (0.875, 0.03125, set(), False),  # 0.125 and 3 x 0.03125 of 0.25
            (0.749, 0.0, {Reason.COVERAGE_LOW}, False),
            (0.5, 0.03125, {Reason.COVERAGE_LOW}, False),
            (0.875, 0.0625, {Reason.COVERAGE_UNCERTAIN}, False),
            (0.7, 0.2, {Reason.COVERAGE_UNCERTAIN}, False),  # it cannot be told on which side
            (1.5, 0.0, {Reason.COVERAGE_UNCERTAIN}, False),  # there is no such share
        ],
    )
    def test_it_has_an_arming_band(
        self, value: float, sigma: float, reasons: set[Reason], may_arm: bool
    ) -> None:
        result = check(COVERAGE, value, sigma, limits=covering(0.75))
        assert result == LimitResult(frozenset(reasons), may_arm)

    @pytest.mark.parametrize(
        ("value", "sigma", "reasons"),
        [
            (1.0, 0.0, set()),
            (0.999, 0.0, {Reason.COVERAGE_LOW}),
            (1.0, 0.001, {Reason.COVERAGE_UNCERTAIN}),
        ],
    )
    def test_all_of_the_area_can_be_asked_for(
        self, value: float, sigma: float, reasons: set[Reason]
    ) -> None:
        result = check(COVERAGE, value, sigma, limits=covering(1.0))
        assert result == LimitResult(frozenset(reasons), may_arm=not reasons)


@pytest.mark.parametrize(
    ("limit", "name", "reason"),
    [
        ("air_gap_rim_maximum_mm", "air_gap_max_mm", Reason.AIR_GAP_RIM_HIGH),
        ("air_gap_rim_maximum_mm", "air_gap_min_mm", Reason.AIR_GAP_RIM_HIGH),
        ("intrusion_maximum_mm", "intrusion_mm", Reason.INTRUSION_HIGH),
    ],
)
def test_a_maximum_is_held_at_its_own_number(limit: str, name: str, reason: Reason) -> None:
    limits = limits_with({limit: 1.0})
    assert check(name, 1.0, 0.0, limits=limits).reasons == set()
    assert check(name, 1.001, 0.0, limits=limits).reasons == {reason}
    assert check(name, -1.001, 0.0, limits=limits).reasons == {reason}
    assert check(name, 9.0, 0.0).reasons == set()


def test_a_planned_value_is_where_its_tolerance_is_counted_from() -> None:
    for name in ("docking_tilt_deg", "docking_lateral_mm", "air_gap_mm", "ssd_error_mm"):
        limits = limits_with({name: Tolerance(8.0, 1.0)})
        assert check(name, 8.0, 0.0, limits=limits) == LimitResult(frozenset(), may_arm=True)
        assert check(name, 6.9, 0.0, limits=limits).reasons
        assert check(name, 0.0, 0.0, limits=limits).reasons
