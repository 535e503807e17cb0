from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.overlay.bars import shown_range, value_text
from pipeline.overlay.limits import LimitedQuantity, limited_quantities
from tests.builders_results import LIMITS, Geometry, hidden, make_alignment
from tracking.limit_checks import check_limits
from tracking.measurement import NOT_OBSERVABLE, measured
from tracking.plan import VectorTolerance
from tracking.reasons import Reason

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
    ("gap", "is_inside"), [(40.0, True), (42.9, True), (43.1, False), (36.9, False)]
)
def test_inside_is_the_value_alone(gap: float, is_inside: bool) -> None:
    assert _by_name(Geometry(docking_gap_mm=gap))["docking_gap_mm"].is_inside is is_inside


def test_incidence_is_the_difference_to_the_planned_vector() -> None:
    limits = replace(LIMITS, incidence_deg=VectorTolerance((3.0, 4.0), 1.0))
    at_plan = _by_name(Geometry(incidence_x_deg=3.0, incidence_y_deg=4.0), limits)
    level = _by_name(Geometry(incidence_x_deg=0.0, incidence_y_deg=0.0), limits)
    assert at_plan["incidence_deg"].measurement.value == pytest.approx(0.0)
    assert level["incidence_deg"].measurement.value == pytest.approx(5.0)
    assert level["incidence_deg"].is_inside is False


def test_planned_flush_shows_the_incidences_size_where_its_direction_is_not_seen() -> None:
    """A straight cone has no roll, so x and y are not observable; the size is."""
    geometry = Geometry(incidence_x_deg=3.0, incidence_y_deg=4.0)
    alignment = hidden(make_alignment(geometry), "incidence_x_deg", "incidence_y_deg")
    found = {q.name: q for q in limited_quantities(alignment, LIMITS)}["incidence_deg"]
    assert found.measurement == alignment.incidence_deg
    assert value_text(found) == "5.0 ±0.1°"
    directed = replace(LIMITS, incidence_deg=VectorTolerance((3.0, 4.0), 1.0))
    found = {q.name: q for q in limited_quantities(alignment, directed)}["incidence_deg"]
    assert value_text(found) == "not seen"


@pytest.mark.parametrize("planned", [(0.0, 0.0), (3.0, 4.0)])
@pytest.mark.parametrize("tolerance", [4.0, 6.0])
def test_incidence_is_shown_as_the_gate_judges_it(
    planned: tuple[float, float], tolerance: float
) -> None:
    limits = replace(LIMITS, incidence_deg=VectorTolerance(planned, tolerance))
    alignment = make_alignment(Geometry(incidence_x_deg=-2.0, incidence_y_deg=4.0))
    alignment = replace(alignment, incidence_deg=measured(5.5, 0.1))  # with a turn about the axis
    shown = {q.name: q for q in limited_quantities(alignment, limits)}["incidence_deg"]
    is_named = Reason.INCIDENCE_HIGH in check_limits(alignment, limits).reasons
    assert shown.is_inside is not is_named


def test_not_observable_is_not_inside() -> None:
    alignment = hidden(make_alignment(Geometry()), "air_gap_mm", "air_gap_min_mm")
    found = {q.name: q for q in limited_quantities(alignment, ALL_LIMITS)}
    for name in ("air_gap_mm", "air_gap_rim_mm"):
        assert found[name].is_inside is None
        assert value_text(found[name]) == "not seen"


def test_the_rim_gap_is_the_larger_extreme_in_size() -> None:
    found = _by_name(Geometry(air_gap_mm=-2.0), ALL_LIMITS)["air_gap_rim_mm"]
    assert found.measurement.value == pytest.approx(2.5)


def test_the_rim_gap_is_the_extreme_that_is_farther_out_by_its_bound() -> None:
    alignment = make_alignment(Geometry())
    alignment = replace(
        alignment, air_gap_max_mm=measured(3.0, 0.1), air_gap_min_mm=measured(-2.5, 1.0)
    )
    found = {q.name: q for q in limited_quantities(alignment, ALL_LIMITS)}["air_gap_rim_mm"]
    assert found.measurement == measured(2.5, 1.0)  # 5.5 mm at three sigma; 3.3 for the other
    assert Reason.AIR_GAP_UNCERTAIN in check_limits(alignment, ALL_LIMITS).reasons


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
