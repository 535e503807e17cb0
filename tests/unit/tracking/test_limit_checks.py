from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from tests.builders import LIMITS, make_alignment
from tracking.alignment import Alignment
from tracking.limit_checks import ARMING_FRACTION, K_SIGMA, check_limits
from tracking.measurement import NOT_OBSERVABLE
from tracking.plan import Limits, VectorTolerance
from tracking.reasons import Reason


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


def reasons_of(
    name: str, value: float, sigma: float, *, limits: Limits = LIMITS, armed: bool = True
) -> set[Reason]:
    alignment = make_alignment(values={name: value}, sigmas={name: sigma})
    return check_limits(alignment, limits, armed=armed)


def without(name: str, alignment: Alignment) -> Alignment:
    hidden: dict[str, Any] = {name: NOT_OBSERVABLE}
    return replace(alignment, **hidden)


def test_the_factors_are_those_of_the_contract() -> None:
    assert (K_SIGMA, ARMING_FRACTION) == (3.0, 0.8)


def test_everything_on_plan_gives_no_reason() -> None:
    assert check_limits(make_alignment(), LIMITS, armed=False) == set()


@pytest.mark.parametrize("of", SCALARS, ids=lambda of: of.name)
class TestScalarLimit:
    def test_far_above_is_high(self, of: Quantity) -> None:
        assert reasons_of(of.name, of.planned + 2 * of.tolerance, 0.01) == {of.high}

    def test_far_below_is_low(self, of: Quantity) -> None:
        assert reasons_of(of.name, of.planned - 2 * of.tolerance, 0.01) == {of.low}

    def test_large_sigma_on_plan_is_uncertain(self, of: Quantity) -> None:
        assert reasons_of(of.name, of.planned, of.tolerance / 2) == {of.uncertain}

    def test_not_observable_is_uncertain(self, of: Quantity) -> None:
        alignment = without(of.name, make_alignment())
        assert check_limits(alignment, LIMITS, armed=True) == {of.uncertain}

    @pytest.mark.parametrize("side", [-1, 1])
    @pytest.mark.parametrize(("armed", "fraction"), [(False, 0.8), (True, 1.0)])
    def test_the_bound_is_value_plus_three_sigma_against_the_fraction(
        self, of: Quantity, side: int, armed: bool, fraction: float
    ) -> None:
        sigma = 0.1 * of.tolerance
        edge = fraction * of.tolerance - 3 * sigma
        inside = of.planned + side * (edge - 1e-6)
        beyond = of.planned + side * (edge + 1e-6)
        assert reasons_of(of.name, inside, sigma, armed=armed) == set()
        outside = {of.high if side > 0 else of.low}
        assert reasons_of(of.name, beyond, sigma, armed=armed) == outside

    def test_surely_outside_says_move_however_uncertain(self, of: Quantity) -> None:
        far = of.planned + 10 * of.tolerance
        assert reasons_of(of.name, far, 2 * of.tolerance) == {of.high}


class TestIncidence:
    def check(self, x: float, y: float, sigma: float = 0.1, limits: Limits = LIMITS) -> set[Reason]:
        values = {
            "incidence_x_deg": x,
            "incidence_y_deg": y,
            "incidence_deg": (x**2 + y**2) ** 0.5,
        }
        alignment = make_alignment(values=values, sigmas={"incidence_deg": sigma})
        return check_limits(alignment, limits, armed=True)

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

    def test_planned_flush_needs_the_size_alone(self) -> None:
        alignment = without("incidence_x_deg", without("incidence_y_deg", make_alignment()))
        assert check_limits(alignment, LIMITS, armed=True) == set()
        alignment = without("incidence_deg", make_alignment())
        assert check_limits(alignment, LIMITS, armed=True) == {Reason.INCIDENCE_UNCERTAIN}

    @pytest.mark.parametrize("name", ["incidence_deg", "incidence_x_deg", "incidence_y_deg"])
    def test_a_planned_direction_needs_every_part(self, name: str) -> None:
        limits = replace(LIMITS, incidence_deg=VectorTolerance((1.0, 0.0), 5.0))
        alignment = without(name, make_alignment())
        assert check_limits(alignment, limits, armed=True) == {Reason.INCIDENCE_UNCERTAIN}


class TestOptionalLimits:
    def test_on_plan_passes_all(self) -> None:
        assert check_limits(make_alignment(sigma=0.01), FULL, armed=False) == set()

    def test_not_asked_for_is_not_checked(self) -> None:
        missing = replace(
            make_alignment(),
            coverage_fraction=NOT_OBSERVABLE,
            intrusion_mm=NOT_OBSERVABLE,
            air_gap_max_mm=NOT_OBSERVABLE,
            air_gap_min_mm=NOT_OBSERVABLE,
        )
        assert check_limits(missing, LIMITS, armed=True) == set()

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
        alignment = without(name, make_alignment(sigma=0.01))
        assert check_limits(alignment, FULL, armed=True) == {reason}

    def test_coverage_must_reach_its_minimum_with_three_sigma(self) -> None:
        assert reasons_of("coverage_fraction", 0.93, 0.009, limits=FULL) == set()
        uncertain = reasons_of("coverage_fraction", 0.93, 0.011, limits=FULL)
        assert uncertain == {Reason.COVERAGE_UNCERTAIN}
