from __future__ import annotations

import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.config_tables import site_table
from pipeline.config.plan_file import parse_plan
from pipeline.config.site_check import check_plan_against_site
from pipeline.config.site_file import parse_site
from tests.config_texts import IMPORT_SITE, PLAN, replaced
from tracking.errors import ConfigurationError
from tracking.toml_text import toml_text


def check(plan_text: str, site_text: str = IMPORT_SITE) -> None:
    plan = parse_plan(plan_text, "plan.toml")
    applicator = read_catalogue().find(plan.applicator_id)
    check_plan_against_site(plan, applicator, parse_site(site_text, "site.toml"))


def with_beam(**values: float) -> str:
    return PLAN + "[beam]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


def test_a_machine_is_read_as_written() -> None:
    machine = parse_site(IMPORT_SITE, "site.toml").machines["mobetron"]
    assert machine.dicom_names == ("MOBETRON_1",)
    assert machine.applicator_pattern is not None
    assert machine.applicator_unit == "cm"
    assert machine.energies_mev == (6.0, 9.0, 12.0)
    assert (machine.roll_range_deg, machine.pitch_range_deg) == ((-45.0, 45.0), (-30.0, 10.0))
    assert machine.plan_limits is not None
    assert machine.plan_limits.docking_gap_mm.planned == 40.0


def test_a_site_can_be_written_and_read_again() -> None:
    site = parse_site(IMPORT_SITE, "site.toml")
    again = parse_site(toml_text({"schema": 1, **site_table(site)}), "site.toml")
    assert (again.machines, again.caps) == (site.machines, site.caps)
    assert again.area_at_risk_pattern == site.area_at_risk_pattern


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("[-45.0, 45.0]", "[45.0, -45.0]", "is no range"),
        ("[-45.0, 45.0]", "[-270.0, 45.0]", "is no range"),
        ("angle_step_deg = 0.1", "angle_step_deg = 0.0", "machine.mobetron.angle_step_deg"),
        ("[6.0, 9.0, 12.0]", "[-6.0]", "machine.mobetron.energies_mev"),
        ('applicator_diameter_unit = "cm"\n', "", "unknown unit"),
        ('"cm"', '"inch"', "machine.mobetron.applicator_diameter_unit"),
        ("(?P<bevel>\\d+)'\napplicator_d", "(\\d+)'\napplicator_d", "must name what it reads"),
        ("(?i)tumou?r bed", "(?i", "area_at_risk_pattern is not a regular expression"),
        ("planned = 40.0, tolerance = 3.0", "planned = 40.0, tolerance = 3.5", "own caps"),
        ("planned = 40.0, tolerance = 3.0", "planned = 40.0, tolerance = 0.0", "makes no sense"),
        ("angle_step_deg", "angle_stop_deg", "unknown key machine.mobetron.angle_stop_deg"),
    ],
)
def test_a_machine_without_sense_is_refused(old: str, new: str, part: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_site(replaced(IMPORT_SITE, old, new), "site.toml")
    assert part in caught.value.what


def test_one_name_cannot_mean_two_machines() -> None:
    other = '[machine.liac]\nangle_convention = "roll_pitch"\ndicom_names = ["MOBETRON_1"]\n'
    with pytest.raises(ConfigurationError, match="means two machines"):
        parse_site(IMPORT_SITE + other, "site.toml")


def test_what_machine_and_cone_can_have_passes() -> None:
    check(PLAN)
    check(with_beam(energy_mev=9.0, ssd_mm=500.0, head_roll_deg=-12.5, head_pitch_deg=9.9))
    check(with_beam(ssd_mm=501.0))


@pytest.mark.parametrize(
    ("values", "part", "hint"),
    [
        ({"ssd_mm": 50.0}, "source to surface distance", "in cm?"),
        ({"ssd_mm": 0.5}, "source to surface distance", "in m?"),
        ({"ssd_mm": 502.0}, "source to surface distance", "502"),
        ({"energy_mev": 10.0}, "no such energy", "10"),
        ({"energy_mev": 9000.0}, "no such energy", "9000"),
        ({"head_roll_deg": 46.0}, "beyond what the machine", "46"),
        ({"head_pitch_deg": 12.0}, "beyond what the machine", "12"),
        ({"head_roll_deg": 0.2094}, "can be set to", "radians"),
    ],
)
def test_what_they_cannot_have_is_refused(values: dict[str, float], part: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check(with_beam(**values))
    assert part in caught.value.what
    assert hint in caught.value.actual


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("planned = 40.0", "planned = 4.0", "docking_gap_mm planned 4: in cm?"),
        ("planned = 40.0", "planned = 0.0", "docking_gap_mm planned 0"),
    ],
)
def test_another_docking_than_the_machines_is_refused(old: str, new: str, part: str) -> None:
    with pytest.raises(ConfigurationError, match="docks otherwise") as caught:
        check(replaced(PLAN, old, new))
    assert caught.value.actual == part
