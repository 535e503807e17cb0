from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest

from tests.builders import make_alignment, make_plan, make_snapshot
from tracking.decision import Verdict
from tracking.gate import decide
from tracking.measurement import NOT_OBSERVABLE
from tracking.patient_region import PatientRegion, Point
from tracking.plan_origin import PlanOrigin
from tracking.reasons import Reason
from tracking.snapshot import KernelState

SQUARE: tuple[Point, ...] = ((0.0, 0.0, 5.0), (20.0, 0.0, 5.0), (20.0, 10.0, 5.0), (0.0, 10.0, 5.0))
REGION = PatientRegion(
    "bed", "a" * 64, "b" * 64, (SQUARE, tuple((x, y, 9.0) for x, y, _ in SQUARE))
)


def test_box_and_centroid() -> None:
    assert REGION.box_lps_mm == ((0.0, 20.0), (0.0, 10.0), (5.0, 9.0))
    assert REGION.centroid_lps_mm == (10.0, 5.0, 7.0)


@pytest.mark.parametrize(
    ("contours", "part"),
    [
        ((), "1 to 2000 contours"),
        ((SQUARE[:2],), "at least 3 points"),
        (((*SQUARE[:3], (nan, 0.0, 5.0)),), "finite"),
        (((*SQUARE[:3], (0.0, inf, 5.0)),), "finite"),
        (((*SQUARE[:3], (0.0, 0.0, 4000.0)),), "within 3000 mm"),
        ((tuple((x / 10, y / 10, z / 10) for x, y, z in SQUARE),), "millimetres"),
        ((tuple((x * 100, y, z) for x, y, z in SQUARE),), "millimetres"),
        ((SQUARE * 25_001,), "at most 100000 points"),
    ],
)
def test_what_is_no_region_is_refused(contours: tuple[tuple[Point, ...], ...], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        PatientRegion("bed", "a" * 64, "b" * 64, contours)


def test_a_region_of_the_patient_alone_never_makes_ready() -> None:
    limits = replace(make_plan().limits, coverage_minimum_fraction=0.95)
    plan = replace(make_plan(), limits=limits, area_at_risk_patient=REGION)
    alignment = replace(make_alignment(), coverage_fraction=NOT_OBSERVABLE)
    state = KernelState()
    for frame in range(40):
        snapshot = make_snapshot(frame, plan=plan, alignment=alignment)
        decision, state = decide(snapshot, state)
        assert decision.verdict is Verdict.UNSURE
        assert Reason.COVERAGE_UNCERTAIN in decision.reasons


def test_a_region_needs_a_limit_on_coverage() -> None:
    with pytest.raises(ValueError, match="coverage_fraction"):
        replace(make_plan(), area_at_risk_patient=REGION)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"beam_direction_lps": (0.0, 0.0, 0.9)}, "length 1"),
        ({"beam_direction_lps": (nan, 0.0, 1.0)}, "length 1"),
        ({"gantry_angle_deg": inf}, "finite"),
        ({"couch_deg": nan}, "finite"),
    ],
)
def test_an_origin_without_sense_is_refused(change: dict[str, object], part: str) -> None:
    origin = PlanOrigin(
        "a" * 64, "b" * 64, "site@1", 1, "iec61217", 12.0, -7.5, 33.0, 20.0, (0.0, 1.0, 0.0)
    )
    with pytest.raises(ValueError, match=part):
        PlanOrigin(**{**vars(origin), **change})
