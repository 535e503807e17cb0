from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.overlay.bars import shown_range, value_text
from pipeline.overlay.limits import LimitedQuantity, limited_quantities
from tests.builders_results import LIMITS, Geometry, hidden, make_alignment
from tracking.measurement import NOT_OBSERVABLE, measured
from tracking.plan import VectorTolerance

ALL_LIMITS = replace(
    LIMITS,
    coverage_minimum_fraction=0.98,
    intrusion_maximum_mm=2.0,
    air_gap_rim_maximum_mm=5.0,
)


def _by_name(geometry: Geometry, limits: object = LIMITS) -> dict[str, LimitedQuantity]:
    assert isinstance(limits, type(LIMITS))
    return {q.name: q for q in limited_quantities(make_alignment(geometry), limits)}


@pytest.mark.parametrize(
    ("gap", "is_inside", "is_proven"),
    [(40.0, True, True), (42.9, True, False), (43.1, False, False), (36.9, False, False)],
)
def test_inside_is_the_value_and_proven_is_three_sigma(
    gap: float, is_inside: bool, is_proven: bool
) -> None:
    quantity = _by_name(Geometry(docking_gap_mm=gap))["docking_gap_mm"]
    assert (quantity.is_inside, quantity.is_proven) == (is_inside, is_proven)


def test_incidence_is_the_difference_to_the_planned_vector() -> None:
    limits = replace(LIMITS, incidence_deg=VectorTolerance((3.0, 4.0), 1.0))
    at_plan = _by_name(Geometry(incidence_x_deg=3.0, incidence_y_deg=4.0), limits)
    level = _by_name(Geometry(incidence_x_deg=0.0, incidence_y_deg=0.0), limits)
    assert at_plan["incidence_deg"].measurement.value == pytest.approx(0.0)
    assert level["incidence_deg"].measurement.value == pytest.approx(5.0)
    assert level["incidence_deg"].is_inside is False


def test_not_observable_is_neither_inside_nor_proven() -> None:
    alignment = hidden(make_alignment(Geometry()), "air_gap_mm", "air_gap_min_mm")
    found = {q.name: q for q in limited_quantities(alignment, ALL_LIMITS)}
    for name in ("air_gap_mm", "air_gap_rim_mm"):
        assert found[name].is_inside is None
        assert not found[name].is_proven
        assert value_text(found[name]) == "not seen"


def test_the_rim_gap_is_the_larger_extreme_in_size() -> None:
    found = _by_name(Geometry(air_gap_mm=-2.0), ALL_LIMITS)["air_gap_rim_mm"]
    assert found.measurement.value == pytest.approx(2.5)


def test_within_a_share_of_the_tolerance() -> None:
    quantity = _by_name(Geometry(docking_gap_mm=41.0))["docking_gap_mm"]
    assert quantity.is_within_share(0.4)
    assert not quantity.is_within_share(0.3)


@pytest.mark.parametrize(
    ("lower", "upper", "text"), [(37, 43, "37 to 43"), (None, 2, "≤ 2"), (0.98, None, "≥ 0.98")]
)
def test_allowed_range_in_words_and_on_the_bar(
    lower: float | None, upper: float | None, text: str
) -> None:
    quantity = LimitedQuantity("q", "Q", "mm", NOT_OBSERVABLE, lower, upper)
    assert quantity.allowed_text == text
    low, high = shown_range(quantity)
    assert all(low <= limit <= high for limit in (lower, upper) if limit is not None)
    assert low < high


def test_value_text_carries_sign_sigma_and_unit() -> None:
    quantity = LimitedQuantity("q", "Q", "mm", measured(-1.25, 0.31), -3, 3)
    assert value_text(quantity) == "-1.2 ±0.3 mm"
    assert value_text(replace(quantity, unit="°")) == "-1.2 ±0.3°"
