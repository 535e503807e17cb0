from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.plan_file import parse_plan
from pipeline.config.site import Machine, Person
from pipeline.config.site_check import check_plan_against_site
from pipeline.config.site_file import parse_site
from tests.config_texts import PLAN, SITE, replaced
from tracking.errors import ConfigurationError

EXAMPLE_SITE = Path(__file__).resolve().parents[3] / "pipeline" / "config" / "site.example.toml"


def check(plan_text: str = PLAN, site_text: str = SITE) -> None:
    plan = parse_plan(plan_text, "plan.toml")
    applicator = read_catalogue().find(plan.applicator_id)
    check_plan_against_site(plan, applicator, parse_site(site_text, "site.toml"))


def test_a_valid_site_is_read_as_written() -> None:
    site = parse_site(SITE, "site.toml")
    assert dataclasses.astuple(site.caps) == (1.0, 2.0, 3.0, 5.0, 3.0, 3.0, None, None, None)
    assert site.machines == {"mobetron": Machine("mobetron", "iec61217")}
    assert site.persons == (Person("physicist-1", "First Physicist", "physicist"),)
    assert site.id.startswith("example@")


def test_a_plan_at_the_caps_passes() -> None:
    check()


@pytest.mark.parametrize(
    ("old", "name"),
    [
        ("docking_tilt_deg   = {planned = 0.0, tolerance = 1.0}", "docking_tilt_deg"),
        ("docking_lateral_mm = {planned = 0.0, tolerance = 2.0}", "docking_lateral_mm"),
        ("docking_gap_mm     = {planned = 40.0, tolerance = 3.0}", "docking_gap_mm"),
        ("incidence_deg      = {planned = [0.0, 0.0], tolerance = 5.0}", "incidence_deg"),
        ("air_gap_mm         = {planned = 0.0, tolerance = 3.0}", "air_gap_mm"),
        ("ssd_error_mm       = {planned = 0.0, tolerance = 3.0}", "ssd_error_mm"),
    ],
)
def test_a_plan_looser_than_one_cap_is_refused(old: str, name: str) -> None:
    number = old.rpartition("= ")[2].rstrip("}")
    looser = old.replace(f"tolerance = {number}", f"tolerance = {float(number) + 0.01}")
    with pytest.raises(ConfigurationError, match="looser than the site") as caught:
        check(replaced(PLAN, old, looser))
    assert caught.value.expected == f"{name} at most {float(number):g}"


@pytest.mark.parametrize(
    ("cap", "limit", "passes"),
    [
        ("intrusion_mm = 2.0", "intrusion_mm = {maximum = 2.0}", True),
        ("intrusion_mm = 2.0", "intrusion_mm = {maximum = 2.1}", False),
        ("intrusion_mm = 2.0", "", False),
        ("air_gap_rim_mm = 5.0", "air_gap_rim_mm = {maximum = 4.0}", True),
        ("air_gap_rim_mm = 5.0", "", False),
        ("coverage_fraction = 0.9", "coverage_fraction = {minimum = 0.95}", True),
        ("coverage_fraction = 0.9", "coverage_fraction = {minimum = 0.85}", False),
        ("coverage_fraction = 0.9", "", False),
    ],
)
def test_what_a_site_caps_a_plan_must_limit(cap: str, limit: str, *, passes: bool) -> None:
    site = replaced(SITE, "ssd_error_mm = 3.0\n", f"ssd_error_mm = 3.0\n{cap}\n")
    plan = f"{PLAN}{limit}\n"
    if passes:
        check(plan, site)
    else:
        with pytest.raises(ConfigurationError, match="looser than the site"):
            check(plan, site)


def test_an_id_that_the_pattern_cannot_read_is_refused() -> None:
    site = replaced(SITE, "MOB-D", "CONE-D")
    with pytest.raises(ConfigurationError, match="cannot read the plan's applicator id"):
        check(site_text=site)


def test_an_id_that_contradicts_its_entry_is_refused() -> None:
    site = replaced(SITE, r"B(?P<bevel>\d+)", r"B(?P<bevel>\d)\d")
    with pytest.raises(ConfigurationError, match="disagree") as caught:
        check(site_text=site)
    assert "bevel 1.0 deg" in caught.value.actual


def test_head_angles_need_a_declared_convention() -> None:
    plan = PLAN + "[beam]\nhead_roll_deg = 5.0\n"
    check(plan)
    with pytest.raises(ConfigurationError, match="how the machine mobetron counts"):
        check(plan, replaced(SITE, "[machine.mobetron]", "[machine.liac]"))


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("air_gap_mm = 3.0\n", "", "caps.air_gap_mm is missing"),
        ("air_gap_mm = 3.0", "air_gap_mm = 0.0", "value of caps.air_gap_mm"),
        ("air_gap_mm = 3.0", "air_gap_mm = nan", "value of caps.air_gap_mm"),
        ("air_gap_mm = 3.0", "air_gab_mm = 3.0", "unknown key caps.air_gab_mm"),
        ('"iec61217"', '"left-handed"', "value of machine.mobetron.angle_convention"),
        ('role = "physicist"', 'role = "visitor"', "value of person.physicist-1.role"),
        ("(?P<bevel>", "(", "must name what it reads"),
        ("(?P<bevel>", "(?P<bevel", "not a regular expression"),
    ],
)
def test_a_malformed_site_is_refused(old: str, new: str, part: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_site(replaced(SITE, old, new), "site.toml")
    assert part in caught.value.what


def test_the_example_site_fits_the_example_plan() -> None:
    check(site_text=EXAMPLE_SITE.read_text(encoding="utf-8"))
