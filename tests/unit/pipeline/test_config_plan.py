from __future__ import annotations

import pytest

from pipeline.config.plan_file import parse_plan
from tests.config_texts import PLAN, replaced
from tracking.errors import ConfigurationError
from tracking.plan import Tolerance, VectorTolerance


def refusal(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parse_plan(text, "plan.toml")
    assert "plan.toml" in caught.value.what
    return caught.value


def test_a_valid_plan_is_read_as_written() -> None:
    plan = parse_plan(PLAN, "plan.toml")
    assert (plan.plan_id, plan.patient_id, plan.approved) == ("plan-1", "patient-1", True)
    assert (plan.machine, plan.applicator_id) == ("mobetron", "MOB-D60-B15")
    limits = plan.limits
    assert limits.docking_tilt_deg == Tolerance(0.0, 1.0)
    assert limits.docking_lateral_mm == Tolerance(0.0, 2.0)
    assert limits.docking_gap_mm == Tolerance(40.0, 3.0)
    assert limits.incidence_deg == VectorTolerance((0.0, 0.0), 5.0)
    assert limits.air_gap_mm == Tolerance(0.0, 3.0)
    assert limits.ssd_error_mm == Tolerance(0.0, 3.0)
    assert limits.coverage_minimum_fraction is None
    assert limits.intrusion_maximum_mm is None
    assert limits.air_gap_rim_maximum_mm is None
    assert plan.id.startswith("plan-1@")


def test_optional_keys_are_read() -> None:
    plan = parse_plan(
        PLAN + "coverage_fraction = {minimum = 0.98}\nintrusion_mm = {maximum = 2.0}\n"
        "air_gap_rim_mm = {maximum = 5.0}\n"
        "[beam]\nenergy_mev = 9.0\nssd_mm = 500\nhead_roll_deg = -3.0\nhead_pitch_deg = 1.5\n"
        '[patient]\norientation = "HFS"\n',
        "plan.toml",
    )
    assert plan.limits.coverage_minimum_fraction == 0.98
    assert plan.limits.intrusion_maximum_mm == 2.0
    assert plan.limits.air_gap_rim_maximum_mm == 5.0
    assert (plan.energy_mev, plan.ssd_mm) == (9.0, 500.0)
    assert (plan.head_roll_deg, plan.head_pitch_deg) == (-3.0, 1.5)
    assert plan.patient_orientation == "HFS"


def test_an_unapproved_plan_is_read_as_such() -> None:
    plan = parse_plan(replaced(PLAN, "approved = true", "approved = false"), "plan.toml")
    assert plan.approved is False


@pytest.mark.parametrize(
    "name",
    [
        *("docking_tilt_deg", "docking_lateral_mm", "docking_gap_mm"),
        *("incidence_deg", "air_gap_mm", "ssd_error_mm"),
    ],
)
def test_each_of_the_six_limits_is_mandatory(name: str) -> None:
    text = "\n".join(line for line in PLAN.splitlines() if not line.startswith(name))
    assert f"limits.{name} is missing" in refusal(text).what


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("approved = true", 'approved = "yes"', "value of approved"),
        ("approved = true", "approved = 1", "value of approved"),
        ('plan_id = "plan-1"', 'plan_id = ""', "value of plan_id"),
        ("[limits]", "[limit]", "unknown key limit"),
        ("[0.0, 0.0]", "0.0", "value of limits.incidence_deg.planned"),
        ("[0.0, 0.0]", "[0.0, nan]", "value of limits.incidence_deg.planned[1]"),
        ("planned = 40.0", "planned = nan", "value of limits.docking_gap_mm.planned"),
        ("planned = 40.0", "planed = 40.0", "unknown key limits.docking_gap_mm.planed"),
        ("schema = 1", "schema = 2", "another schema"),
    ],
)
def test_a_malformed_plan_is_refused(old: str, new: str, part: str) -> None:
    assert part in refusal(replaced(PLAN, old, new)).what


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("tolerance = 5.0", "tolerance = 0.0", "limits.incidence_deg: tolerance must be positive"),
        ("tolerance = 2.0", "tolerance = -2.0", "limits.docking_lateral_mm: tolerance"),
        ("{planned = 0.0, tolerance = 1.0}", "{planned = -1.0, tolerance = 1.0}", "negative"),
    ],
)
def test_a_limit_without_sense_is_refused(old: str, new: str, part: str) -> None:
    assert part in refusal(replaced(PLAN, old, new)).actual


@pytest.mark.parametrize("fraction", ["0.0", "1.1"])
def test_a_coverage_outside_its_range_is_refused(fraction: str) -> None:
    error = refusal(PLAN + f"coverage_fraction = {{minimum = {fraction}}}\n")
    assert "coverage_fraction" in error.actual


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ("[patient]\nbolus_mm = 5.0\n", "bolus"),
        ("[area_at_risk]\nradius_mm = 20.0\n", "[area_at_risk] is not supported yet"),
        ("[keep_out]\nname = 'bowel'\n", "[keep_out] is not supported yet"),
        ("[[keep_out]]\nname = 'bowel'\n", "[keep_out] is not supported yet"),
    ],
)
def test_what_cannot_be_enforced_is_refused_and_never_ignored(table: str, part: str) -> None:
    assert part in refusal(PLAN + table).what


@pytest.mark.parametrize("name", ["area_at_risk", "keep_out"])
@pytest.mark.parametrize("value", ["{}", "[]", "0", "false", '""'])
def test_an_empty_request_is_no_less_a_request(name: str, value: str) -> None:
    text = replaced(PLAN, "[limits]", f"{name} = {value}\n[limits]")
    assert f"[{name}] is not supported yet" in refusal(text).what


@pytest.mark.parametrize("name", ["area_at_risk", "keep_out"])
def test_an_empty_table_is_refused(name: str) -> None:
    assert f"[{name}] is not supported yet" in refusal(f"{PLAN}[{name}]\n").what
