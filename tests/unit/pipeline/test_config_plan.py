from __future__ import annotations

import pytest

from pipeline.config.config_tables import plan_table
from pipeline.config.plan_file import parse_plan
from tests.config_texts import PLAN, replaced
from tracking.errors import ConfigurationError
from tracking.outline import Outline
from tracking.plan import Tolerance, VectorTolerance
from tracking.toml_text import toml_text


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


def test_a_bolus_is_refused_and_never_ignored() -> None:
    assert "bolus" in refusal(PLAN + "[patient]\nbolus_mm = 5.0\n").what


OUTLINE = "frame_index = 30\noutline_px = [[400, 300], [440, 300.5], [430, 340]]\n"
CORNERS = ((400.0, 300.0), (440.0, 300.5), (430.0, 340.0))
INTRUSION = "intrusion_mm = {maximum = 2.0}\n"
COVERAGE = "coverage_fraction = {minimum = 0.98}\n"


def test_an_area_at_risk_is_read() -> None:
    plan = parse_plan(f"{PLAN}{COVERAGE}[area_at_risk]\n{OUTLINE}margin_mm = 5\n", "plan.toml")
    assert plan.area_at_risk == Outline(30, CORNERS, 5.0)
    assert plan.keep_out == ()


def test_an_area_without_a_limit_on_coverage_is_refused() -> None:
    error = refusal(f"{PLAN}[area_at_risk]\n{OUTLINE}")
    assert "never ignored" in error.what
    assert "coverage_fraction" in error.expected


def test_structures_to_keep_out_are_read_by_name() -> None:
    tables = f"[keep_out.bowel]\n{OUTLINE}[keep_out.'left ureter']\n{OUTLINE}"
    plan = parse_plan(PLAN + INTRUSION + tables, "plan.toml")
    outline = Outline(30, CORNERS)
    assert plan.keep_out == (("bowel", outline), ("left ureter", outline))
    assert plan.area_at_risk is None


def test_what_was_marked_can_be_written_and_read_again() -> None:
    tables = f"[area_at_risk]\n{OUTLINE}margin_mm = 5\n[keep_out.bowel]\n{OUTLINE}"
    plan = parse_plan(PLAN + INTRUSION + COVERAGE + tables, "plan.toml")
    again = parse_plan(toml_text({"schema": 1, **plan_table(plan)}), "plan.toml")
    assert (again.area_at_risk, again.keep_out) == (plan.area_at_risk, plan.keep_out)


def test_structures_to_keep_out_need_a_limit_that_holds_them() -> None:
    error = refusal(f"{PLAN}[keep_out.bowel]\n{OUTLINE}")
    assert "keep_out" in error.what
    assert "intrusion_mm" in error.actual


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ("[area_at_risk]\nradius_mm = 20.0\n", "unknown key area_at_risk.radius_mm"),
        (f"[area_at_risk]\n{OUTLINE}unit = 'mm'\n", "unknown key area_at_risk.unit"),
        ("[area_at_risk]\nframe_index = 3\n", "area_at_risk.outline_px is missing"),
        ("[area_at_risk]\noutline_px = [[1, 2], [3, 4], [5, 9]]\n", "frame_index is missing"),
        ("[[keep_out]]\nname = 'bowel'\n", "value of keep_out"),
        ("[keep_out]\nname = 'bowel'\n", "value of keep_out.name"),
        ("[keep_out.bowel]\nradius_mm = 3.0\n", "unknown key keep_out.bowel.radius_mm"),
    ],
)
def test_an_outline_in_another_form_is_refused(table: str, part: str) -> None:
    assert part in refusal(PLAN + INTRUSION + table).what


@pytest.mark.parametrize(
    ("corners", "part"),
    [
        ("[[400, 300], [440, 300]]", "3 to 500 corners"),
        ("[[400, 300], [440, 340], [440, 300], [400, 340]]", "crosses"),
        ("[[0.4, 0.3], [0.5, 0.3], [0.5, 0.4]]", "not shares of it"),
        ("[[-400, 300], [440, 300], [430, 340]]", "outside the picture"),
    ],
)
def test_an_outline_without_sense_is_refused(corners: str, part: str) -> None:
    error = refusal(f"{PLAN}[area_at_risk]\nframe_index = 30\noutline_px = {corners}\n")
    assert "[area_at_risk] makes no sense" in error.what
    assert part in error.actual


@pytest.mark.parametrize("corner", ["[nan, 340]", "[inf, 340]", "[430]", "[430, 340, 500]", "430"])
def test_a_corner_that_is_no_pixel_is_refused(corner: str) -> None:
    text = f"{PLAN}[area_at_risk]\n{OUTLINE}".replace("[430, 340]", corner)
    assert "area_at_risk.outline_px" in refusal(text).what


@pytest.mark.parametrize("name", ["area_at_risk", "keep_out"])
@pytest.mark.parametrize("value", ["{}", "[]", "0", "false", '""'])
def test_an_empty_request_is_no_less_a_request(name: str, value: str) -> None:
    text = replaced(PLAN, "[limits]", f"{name} = {value}\n[limits]")
    assert name in refusal(text).what


@pytest.mark.parametrize("name", ["area_at_risk", "keep_out"])
def test_an_empty_table_is_refused(name: str) -> None:
    assert name in refusal(f"{PLAN}[{name}]\n").what
