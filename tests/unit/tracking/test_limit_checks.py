from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from tests.builders import LIMITS, make_alignment
from tracking.alignment import Alignment
from tracking.limit_checks import (
    ARMING_FRACTION,
    K_SIGMA,
    LimitResult,
    check_limits,
    incidence_difference,
)
from tracking.measurement import NOT_OBSERVABLE, measured
from tracking.plan import Limits, VectorTolerance
from tracking.reasons import Reason

EDGE = 1e-6  # of the quantity's unit: far above rounding, far below what is measured


class Quantity(NamedTuple):
    name: str
    planned: float
    tolerance: float
    high: Reason
    low: Reason
    uncertain: Reason


SCALARS = [
    Quantity(
        "docking_tilt_deg", 0.0, 1.0, Reason.TILT_HIGH, Reason.TILT_HIGH, Reason.TILT_UNCERTAIN
    ),
    Quantity(
        "docking_lateral_mm",
        0.0,
        2.0,
        Reason.LATERAL_HIGH,
        Reason.LATERAL_HIGH,
        Reason.LATERAL_UNCERTAIN,
    ),
    Quantity(
        "docking_gap_mm",
        40.0,
        3.0,
        Reason.DOCKING_GAP_HIGH,
        Reason.DOCKING_GAP_LOW,
        Reason.DOCKING_GAP_UNCERTAIN,
    ),
    Quantity(
        "air_gap_mm", 0.0, 3.0, Reason.AIR_GAP_HIGH, Reason.AIR_GAP_LOW, Reason.AIR_GAP_UNCERTAIN
    ),
    Quantity("ssd_error_mm", 0.0, 3.0, Reason.SSD_HIGH, Reason.SSD_LOW, Reason.SSD_UNCERTAIN),
]
FULL = replace(
    LIMITS,
    coverage_minimum_fraction=0.9,
    intrusion_maximum_mm=2.0,
    air_gap_rim_maximum_mm=5.0,
)


def result_of(name: str, value: float, sigma: float, *, limits: Limits = LIMITS) -> LimitResult:
    alignment = make_alignment(values={name: value}, sigmas={name: sigma})
    return check_limits(alignment, limits)


def reasons_of(name: str, value: float, sigma: float, *, limits: Limits = LIMITS) -> set[Reason]:
    return set(result_of(name, value, sigma, limits=limits).reasons)


def without(name: str, alignment: Alignment) -> Alignment:
    hidden: dict[str, Any] = {name: NOT_OBSERVABLE}
    return replace(alignment, **hidden)


def test_the_factors_are_those_of_the_contract() -> None:
    assert (K_SIGMA, ARMING_FRACTION) == (3.0, 0.8)


def test_everything_on_plan_gives_no_reason_and_may_arm() -> None:
    assert check_limits(make_alignment(), LIMITS) == LimitResult(frozenset(), may_arm=True)


@pytest.mark.parametrize("of", SCALARS, ids=lambda of: of.name)
class TestScalarLimit:
    def test_far_above_is_high(self, of: Quantity) -> None:
        assert reasons_of(of.name, of.planned + 2 * of.tolerance, 0.01) == {of.high}

    def test_far_below_is_low(self, of: Quantity) -> None:
        assert reasons_of(of.name, of.planned - 2 * of.tolerance, 0.01) == {of.low}

    def test_large_sigma_on_plan_is_uncertain(self, of: Quantity) -> None:
        assert reasons_of(of.name, of.planned, of.tolerance / 2) == {of.uncertain}

    def test_not_observable_is_uncertain(self, of: Quantity) -> None:
        result = check_limits(without(of.name, make_alignment()), LIMITS)
        assert result == LimitResult(frozenset({of.uncertain}), may_arm=False)

    @pytest.mark.parametrize("side", [-1, 1])
    def test_the_bound_is_value_plus_three_sigma_against_the_tolerance(
        self, of: Quantity, side: int
    ) -> None:
        sigma = 0.1 * of.tolerance
        edge = of.tolerance - 3 * sigma
        inside = of.planned + side * (edge - EDGE)
        beyond = of.planned + side * (edge + EDGE)
        assert reasons_of(of.name, inside, sigma) == set()
        assert reasons_of(of.name, beyond, sigma) == {of.uncertain}

    @pytest.mark.parametrize("side", [-1, 1])
    def test_it_may_arm_inside_the_arming_fraction_alone(self, of: Quantity, side: int) -> None:
        sigma = 0.1 * of.tolerance
        edge = 0.8 * of.tolerance - 3 * sigma
        inside = result_of(of.name, of.planned + side * (edge - EDGE), sigma)
        beyond = result_of(of.name, of.planned + side * (edge + EDGE), sigma)
        assert inside == LimitResult(frozenset(), may_arm=True)
        assert beyond == LimitResult(frozenset(), may_arm=False)

    @pytest.mark.parametrize("side", [-1, 1])
    @pytest.mark.parametrize("sigma_share", [0.0, 0.01, 0.1, 0.3, 0.5, 3.0])
    @pytest.mark.parametrize("share", [0.0, 0.5, 0.79, 0.81, 0.95, 0.999])
    def test_inside_the_tolerance_is_never_told_to_move(
        self, of: Quantity, side: int, sigma_share: float, share: float
    ) -> None:
        value = of.planned + side * share * of.tolerance
        assert reasons_of(of.name, value, sigma_share * of.tolerance) <= {of.uncertain}

    @pytest.mark.parametrize("side", [-1, 1])
    @pytest.mark.parametrize("sigma_share", [0.0, 0.1, 0.33])
    def test_outside_and_well_measured_says_move(
        self, of: Quantity, side: int, sigma_share: float
    ) -> None:
        just_outside = of.planned + side * (of.tolerance + EDGE)
        told = {of.high if side > 0 else of.low}
        assert reasons_of(of.name, just_outside, sigma_share * of.tolerance) == told

    def test_outside_but_three_sigma_above_the_tolerance_is_uncertain(self, of: Quantity) -> None:
        value = of.planned + 1.2 * of.tolerance
        assert reasons_of(of.name, value, 0.35 * of.tolerance) == {of.uncertain}

    @pytest.mark.parametrize("side", [-1, 1])
    def test_surely_outside_says_move_however_uncertain(self, of: Quantity, side: int) -> None:
        far = of.planned + side * 10 * of.tolerance
        told = {of.high if side > 0 else of.low}
        assert reasons_of(of.name, far, 2 * of.tolerance) == told


def test_one_quantity_at_its_edge_keeps_all_from_arming() -> None:
    edge = {"docking_tilt_deg": 0.9}
    assert check_limits(make_alignment(values=edge), LIMITS) == LimitResult(frozenset(), False)


class TestIncidence:
    def check(self, x: float, y: float, sigma: float = 0.1, limits: Limits = LIMITS) -> set[Reason]:
        values = {
            "incidence_x_deg": x,
            "incidence_y_deg": y,
            "incidence_deg": (x**2 + y**2) ** 0.5,
        }
        alignment = make_alignment(values=values, sigmas={"incidence_deg": sigma})
        return set(check_limits(alignment, limits).reasons)

    def test_the_length_of_the_difference_counts_not_its_components(self) -> None:
        assert self.check(3.0, 3.0) == set()
        assert self.check(4.0, 4.0) == {Reason.INCIDENCE_HIGH}

    def test_the_planned_vector_is_subtracted(self) -> None:
        limits = replace(LIMITS, incidence_deg=VectorTolerance((6.0, -4.0), 1.0))
        assert self.check(6.0, -4.0, limits=limits) == set()
        assert self.check(6.0, 4.0, limits=limits) == {Reason.INCIDENCE_HIGH}
        assert self.check(0.0, 0.0, limits=limits) == {Reason.INCIDENCE_HIGH}

    def test_large_sigma_is_uncertain(self) -> None:
        assert self.check(0.0, 0.0, sigma=2.0) == {Reason.INCIDENCE_UNCERTAIN}

    def test_inside_but_not_proven_is_uncertain(self) -> None:
        assert self.check(4.8, 0.0) == {Reason.INCIDENCE_UNCERTAIN}

    def test_planned_flush_needs_the_size_alone(self) -> None:
        alignment = without("incidence_x_deg", without("incidence_y_deg", make_alignment()))
        assert check_limits(alignment, LIMITS) == LimitResult(frozenset(), may_arm=True)
        result = check_limits(without("incidence_deg", make_alignment()), LIMITS)
        assert result.reasons == {Reason.INCIDENCE_UNCERTAIN}

    def test_planned_flush_is_held_to_the_whole_turn(self) -> None:
        alignment = make_alignment(values={"incidence_deg": 6.0})  # x 0.5 and y 0 alone pass
        assert check_limits(alignment, LIMITS).reasons == {Reason.INCIDENCE_HIGH}

    @pytest.mark.parametrize("name", ["incidence_deg", "incidence_x_deg", "incidence_y_deg"])
    def test_a_planned_direction_needs_every_part(self, name: str) -> None:
        limits = replace(LIMITS, incidence_deg=VectorTolerance((1.0, 0.0), 5.0))
        result = check_limits(without(name, make_alignment()), limits)
        assert result == LimitResult(frozenset({Reason.INCIDENCE_UNCERTAIN}), may_arm=False)

    def test_the_difference_is_the_size_or_the_length_of_the_difference(self) -> None:
        values = {"incidence_x_deg": 3.0, "incidence_y_deg": 4.0, "incidence_deg": 5.5}
        alignment = make_alignment(values=values, sigmas={"incidence_deg": 0.25})
        flush, planned = VectorTolerance((0.0, 0.0), 5.0), VectorTolerance((3.0, 3.0), 5.0)
        assert incidence_difference(alignment, flush) == measured(5.5, 0.25)
        assert incidence_difference(alignment, planned) == measured(1.0, 0.25)


class TestOptionalLimits:
    def test_on_plan_passes_all(self) -> None:
        result = check_limits(make_alignment(sigma=0.01), FULL)
        assert result == LimitResult(frozenset(), may_arm=True)

    def test_not_asked_for_is_not_checked(self) -> None:
        missing = replace(
            make_alignment(),
            coverage_fraction=NOT_OBSERVABLE,
            intrusion_mm=NOT_OBSERVABLE,
            air_gap_max_mm=NOT_OBSERVABLE,
            air_gap_min_mm=NOT_OBSERVABLE,
        )
        assert check_limits(missing, LIMITS) == LimitResult(frozenset(), may_arm=True)

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("air_gap_max_mm", 6.0, Reason.AIR_GAP_RIM_HIGH),
            ("air_gap_min_mm", -6.0, Reason.AIR_GAP_RIM_HIGH),
            ("intrusion_mm", 3.0, Reason.INTRUSION_HIGH),
            ("coverage_fraction", 0.8, Reason.COVERAGE_LOW),
        ],
    )
    def test_outside_is_named(self, name: str, value: float, reason: Reason) -> None:
        assert reasons_of(name, value, 0.01, limits=FULL) == {reason}

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("air_gap_max_mm", Reason.AIR_GAP_UNCERTAIN),
            ("air_gap_min_mm", Reason.AIR_GAP_UNCERTAIN),
            ("intrusion_mm", Reason.INTRUSION_UNCERTAIN),
            ("coverage_fraction", Reason.COVERAGE_UNCERTAIN),
        ],
    )
    def test_asked_for_and_not_observable_is_uncertain(self, name: str, reason: Reason) -> None:
        result = check_limits(without(name, make_alignment(sigma=0.01)), FULL)
        assert result == LimitResult(frozenset({reason}), may_arm=False)

    @pytest.mark.parametrize(
        ("name", "value", "reason"),
        [
            ("air_gap_max_mm", 4.99, Reason.AIR_GAP_UNCERTAIN),
            ("air_gap_min_mm", -4.99, Reason.AIR_GAP_UNCERTAIN),
            ("intrusion_mm", 1.99, Reason.INTRUSION_UNCERTAIN),
            ("coverage_fraction", 0.91, Reason.COVERAGE_UNCERTAIN),
        ],
    )
    def test_inside_but_not_proven_is_uncertain(
        self, name: str, value: float, reason: Reason
    ) -> None:
        assert reasons_of(name, value, 0.01, limits=FULL) == {reason}

    @pytest.mark.parametrize(
        ("name", "value"),
        [("air_gap_max_mm", 4.5), ("air_gap_min_mm", -4.5), ("intrusion_mm", 1.8)],
    )
    def test_between_the_fractions_passes_but_may_not_arm(self, name: str, value: float) -> None:
        result = result_of(name, value, 0.01, limits=FULL)
        assert result == LimitResult(frozenset(), may_arm=False)

    def test_coverage_must_reach_its_minimum_with_three_sigma(self) -> None:
        assert reasons_of("coverage_fraction", 0.93, 0.009, limits=FULL) == set()
        uncertain = reasons_of("coverage_fraction", 0.93, 0.011, limits=FULL)
        assert uncertain == {Reason.COVERAGE_UNCERTAIN}

    @pytest.mark.parametrize(("sigma", "is_said"), [(0.03, False), (0.04, True)])
    def test_coverage_that_is_merely_near_its_minimum_hides_no_move(
        self, sigma: float, is_said: bool
    ) -> None:
        alignment = make_alignment(
            sigma=0.01,
            values={"docking_lateral_mm": 5.0, "coverage_fraction": 0.95},
            sigmas={"coverage_fraction": sigma},
        )
        said = {Reason.LATERAL_HIGH} | ({Reason.COVERAGE_UNCERTAIN} if is_said else set())
        assert check_limits(alignment, FULL).reasons == said
