"""A plan is not loosened by moving its goals: what each may be planned as."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.config.load import load_plan
from pipeline.config.plan_file import parse_plan
from pipeline.config.planned import AIR_GAP_MM, INCIDENCE_DEG, SOFT_GAP_MM, PlannedRanges
from pipeline.config.site_check import check_goals
from pipeline.config.site_file import parse_site
from tests.builders_results import APPLICATOR
from tests.config_texts import IMPORT_SITE, PLAN, SITE, replaced, written
from tracking.errors import ConfigurationError

GAP = "docking_gap_mm     = {planned = 40.0"
AIR = "air_gap_mm         = {planned = 0.0"
INCIDENCE = "planned = [0.0, 0.0]"
LIAC = replaced(replaced(PLAN, '"mobetron"', '"liac"'), "MOB-D60-B15", "LIAC-D60-B15")
RANGES = "[planned]\ndocking_gap_mm = [30.0, 50.0]\nair_gap_mm = [0.0, 5.0]\nincidence_deg = 20.0\n"
TIGHT = SITE.replace("[caps]", f"{RANGES}[caps]")


@pytest.mark.parametrize("planned", ["3.0", "40", "1e-9"])
@pytest.mark.parametrize("name", ["docking_tilt_deg  ", "docking_lateral_mm", "ssd_error_mm      "])
def test_a_deviation_is_planned_0(name: str, planned: str) -> None:
    text = replaced(PLAN, f"{name} = {{planned = 0.0", f"{name} = {{planned = {planned}")
    with pytest.raises(ConfigurationError, match="no sense") as caught:
        parse_plan(text, "plan.toml")
    assert f"limits.{name.strip()}: planned must be 0" in caught.value.actual


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        (GAP, "docking_gap_mm     = {planned = 400.0", "docking_gap_mm planned 400"),
        (GAP, "docking_gap_mm     = {planned = -1.0", "docking_gap_mm planned -1"),
        (AIR, "air_gap_mm         = {planned = 500.0", "air_gap_mm planned 500"),
        (AIR, "air_gap_mm         = {planned = -80.0", "air_gap_mm planned -80"),
        (INCIDENCE, "planned = [60, 40]", "incidence_deg planned [60, 40], 72.1 deg long"),
    ],
)
def test_goals_that_nobody_plans_are_refused_also_without_a_site(
    tmp_path: Path, old: str, new: str, part: str
) -> None:
    with pytest.raises(ConfigurationError, match="nobody plans") as caught:
        load_plan(written(tmp_path, "plan.toml", replaced(PLAN, old, new)))
    assert caught.value.actual == part


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (GAP, "docking_gap_mm     = {planned = 0.0"),
        (GAP, "docking_gap_mm     = {planned = 65.0"),
        (AIR, "air_gap_mm         = {planned = 45.0"),
        (AIR, "air_gap_mm         = {planned = -5.0"),
        (INCIDENCE, "planned = [30.0, -30.0]"),
        (INCIDENCE, "planned = [0.0, 45.0]"),
    ],
)
def test_goals_that_may_be_planned_pass(tmp_path: Path, old: str, new: str) -> None:
    site = written(tmp_path, "site.toml", SITE)
    load_plan(written(tmp_path, "plan.toml", replaced(PLAN, old, new)), None, site)


def test_a_cone_that_docks_hard_has_no_gap(tmp_path: Path) -> None:
    path = written(tmp_path, "plan.toml", LIAC)
    with pytest.raises(ConfigurationError) as caught:
        load_plan(path)
    assert caught.value.expected == "docking_gap_mm planned 0, for the cone docks hard"
    path.write_text(replaced(LIAC, "planned = 40.0", "planned = 0.0"))
    load_plan(path)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        (GAP, "docking_gap_mm     = {planned = 51.0", "docking_gap_mm planned 51"),
        (AIR, "air_gap_mm         = {planned = 6.0", "air_gap_mm planned 6"),
        (INCIDENCE, "planned = [0.0, -21.0]", "incidence_deg planned [0, -21], 21 deg long"),
    ],
)
def test_a_site_tightens_them(tmp_path: Path, old: str, new: str, part: str) -> None:
    path = written(tmp_path, "plan.toml", replaced(PLAN, old, new))
    load_plan(path)
    with pytest.raises(ConfigurationError) as caught:
        load_plan(path, None, written(tmp_path, "site.toml", TIGHT))
    assert caught.value.actual == part


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("[30.0, 50.0]", "[30.0, 201.0]", "docking_gap_mm must be"),
        ("[30.0, 50.0]", "[50.0, 30.0]", "docking_gap_mm must be"),
        ("[0.0, 5.0]", "[-21.0, 5.0]", "air_gap_mm must be"),
        ("= 20.0", "= 61.0", "incidence_deg must be"),
    ],
)
def test_a_site_never_widens_them(old: str, new: str, part: str) -> None:
    with pytest.raises(ConfigurationError, match="looser than the built-in") as caught:
        parse_site(replaced(TIGHT, old, new), "site.toml")
    assert part in caught.value.actual


def test_limits_of_imported_plans_keep_to_them() -> None:
    with pytest.raises(ConfigurationError, match="plan_limits is looser") as caught:
        parse_site(replaced(IMPORT_SITE, AIR, "air_gap_mm         = {planned = 500.0"), "site.toml")
    assert caught.value.actual == "air_gap_mm planned 500"


def test_goals_are_held_to_the_ends_of_their_ranges() -> None:
    plan = parse_plan(PLAN, "plan.toml")
    limits = plan.limits
    ranges = PlannedRanges()
    for name, ends in (("air_gap_mm", AIR_GAP_MM), ("docking_gap_mm", SOFT_GAP_MM)):
        for end in ends:
            moved = replace(limits, **{name: replace(getattr(limits, name), planned=end)})
            check_goals(replace(plan, limits=moved), APPLICATOR, ranges)
    tilted = replace(limits.incidence_deg, planned=(0.0, -INCIDENCE_DEG))
    check_goals(replace(plan, limits=replace(limits, incidence_deg=tilted)), APPLICATOR, ranges)


def test_plan_check_refuses_with_exit_code_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = ["--site", str(written(tmp_path, "site.toml", SITE))]
    text = replaced(PLAN, "ssd_error_mm       = {planned = 0.0", "ssd_error_mm = {planned = 3.0")
    assert main(["plan", "check", str(written(tmp_path, "ssd.toml", text)), *site]) == 3
    assert "planned must be 0" in capsys.readouterr().err
    assert main(["plan", "check", str(written(tmp_path, "plan.toml", PLAN)), *site]) == 0


@pytest.mark.parametrize(
    "line",
    ["energy_mev = 9000.0", "ssd_mm = 50.0", "head_roll_deg = 1e9", "head_pitch_deg = -181.0"],
)
def test_a_beam_of_no_electron_machine_is_refused_also_without_a_site(
    tmp_path: Path, line: str
) -> None:
    name = line.split(" ", maxsplit=1)[0]
    path = written(tmp_path, "plan.toml", f"{PLAN}[beam]\n{line}\n")
    with pytest.raises(ConfigurationError, match="no electron machine") as caught:
        load_plan(path)
    assert caught.value.actual.startswith(f"beam.{name} ")
    path.write_text(f"{PLAN}[beam]\nenergy_mev = 9\nssd_mm = 500\nhead_roll_deg = -20\n")
    load_plan(path)


def test_a_machine_that_no_site_declares_has_such_a_beam_neither(tmp_path: Path) -> None:
    site = written(tmp_path, "site.toml", replaced(SITE, "machine.mobetron", "machine.liac"))
    path = written(tmp_path, "plan.toml", f"{PLAN}[beam]\nenergy_mev = 9000.0\n")
    with pytest.raises(ConfigurationError, match="no electron machine"):
        load_plan(path, None, site)
