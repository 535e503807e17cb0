"""A collar for every entry that has none: it fits, its codes are its own, and they can be read."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.benchmarks.collar import detection
from pipeline.cli.app import main
from pipeline.config.catalogue_file import BUILT_IN_CATALOGUE, read_catalogue
from pipeline.config.collar_check import MIN_MODULE_PX, PICTURE_FOCAL_PX, check_collars, module_px
from pipeline.config.standard_collar import collar_toml, standard_collar
from recordings.progress import unheard
from recordings.simulation.native_color import COLOR_1080
from recordings.simulation.scenarios import COLLAR
from tests.builders import make_applicator
from tests.config_texts import CATALOGUE, replaced, written
from tracking.applicator import Applicator
from tracking.collar import Collar
from tracking.errors import ConfigurationError

SHIPPED = read_catalogue().applicators
TABLE = """[applicator.MOB-D60-B15.collar]
dictionary = "4x4_1000"
first_id = 0
n_outer = 8
module_mm = 2.5
n_top = 4
top_module_mm = 3.0
"""


def chosen(catalogue: dict[str, Applicator]) -> dict[str, Applicator]:
    return {
        name: replace(a, collar=a.collar or standard_collar(a, catalogue))
        for name, a in catalogue.items()
    }


def test_every_shipped_entry_gets_one_with_codes_of_its_own() -> None:
    worn = chosen(dict(SHIPPED))
    assert len(worn) == 81
    check_collars(worn, "catalogue")
    for applicator in worn.values():
        collar = applicator.collar
        assert collar is not None
        assert module_px(collar.module_mm) >= MIN_MODULE_PX
        assert not collar.n_top or module_px(collar.top_module_mm) >= MIN_MODULE_PX
    assert worn["MOB-D60-B15"].collar.n_top > 0  # type: ignore[union-attr]
    assert worn["LIAC-D60-B15"].collar.below_top_mm > 0  # type: ignore[union-attr]


def test_the_camera_that_sizes_are_chosen_for_is_the_simulated_one() -> None:
    assert COLOR_1080.intrinsics.fx == PICTURE_FOCAL_PX


def test_a_collar_that_is_catalogued_moves_nobody_elses_codes() -> None:
    before = chosen(dict(SHIPPED))
    for name in ("MOB-D60-B15", "LIAC-D30-B0"):
        with_one = {**SHIPPED, name: before[name]}
        assert chosen(with_one) == before


def test_codes_of_a_foreign_collar_are_left_alone() -> None:
    taken = replace(SHIPPED["MOB-D60-B15"], collar=COLLAR)  # 24 ids: where two others would begin
    check_collars(chosen({**SHIPPED, taken.id: taken}), "catalogue")


def test_few_applicators_wear_as_many_codes_as_the_simulated_one() -> None:
    cone = make_applicator(60.0)
    assert standard_collar(cone, {cone.id: cone}) == COLLAR


def test_the_dictionary_of_the_catalogue_is_kept() -> None:
    tall = replace(make_applicator(60.0), ring_height_mm=25.0)
    other = replace(tall, id="other", collar=Collar("4x4_250", 0, 12, 2.5))
    found = standard_collar(tall, {tall.id: tall, other.id: other})
    assert (found.dictionary, found.first_id) == ("4x4_250", 24)


@pytest.mark.parametrize(
    "change",
    [
        {"ring_height_mm": 17.0},
        {"ring_diameter_mm": 0.0, "ring_height_mm": 0.0, "inner_diameter_mm": 20.0},
    ],
)
def test_where_none_fits_it_says_so(change: dict[str, float]) -> None:
    narrow = replace(make_applicator(60.0), **change)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="No collar fits") as caught:
        standard_collar(narrow, {narrow.id: narrow})
    assert "0.8 m" in caught.value.expected


def test_a_ring_with_room_for_the_least_quiet_zone_wears_one() -> None:
    low = replace(make_applicator(60.0), ring_height_mm=18.0)
    assert standard_collar(low, {low.id: low}).module_mm == 2.4


def test_where_no_codes_are_left_it_says_so() -> None:
    cone = make_applicator(60.0)
    crowd = {f"c{i}": replace(cone, id=f"c{i}") for i in range(200)}
    with pytest.raises(ConfigurationError, match="No codes are left"):
        standard_collar(crowd["c0"], crowd)


def test_the_table_is_what_a_catalogue_takes(tmp_path: Path) -> None:
    found = chosen(dict(SHIPPED))
    text = BUILT_IN_CATALOGUE.read_text()
    for name in ("MOB-D60-B15", "LIAC-D60-B15"):
        collar = found[name].collar
        assert collar is not None
        table = collar_toml(name, collar)
        assert table.startswith(f"[applicator.{name}.collar]\n")
        text += "\n" + table
    again = read_catalogue(written(tmp_path, "catalogue.toml", text))
    for name in ("MOB-D60-B15", "LIAC-D60-B15"):
        assert again.find(name) == found[name]


def test_the_command_prints_the_table_that_the_catalogue_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, table = tmp_path / "c.pdf", tmp_path / "c.toml"
    asked = ["applicators", "collar", "MOB-D60-B15", "--out", str(page)]
    assert main([*asked, "--toml", str(table)]) == 0
    assert page.read_bytes().startswith(b"%PDF")
    out = capsys.readouterr().out
    assert "does NOT hold this collar yet" in out
    assert "px at 0.8 m" in out
    assert "bench collar" in out
    assert table.read_text() in out
    written_ = tomllib.loads(table.read_text())["applicator"]["MOB-D60-B15"]["collar"]
    assert written_["first_id"] == SHIPPED_FIRST_ID
    held = written(tmp_path, "catalogue.toml", CATALOGUE + TABLE)
    assert main([*asked, "--catalogue", str(held)]) == 0
    assert "NOT hold" not in capsys.readouterr().out
    assert main([*asked, "--toml", str(tmp_path / "none" / "c.toml")]) == 2


SHIPPED_FIRST_ID = sorted(SHIPPED).index("MOB-D60-B15") * 12  # 12 codes for each of 81 entries


@pytest.mark.parametrize(
    ("old", "new"), [("module_mm = 2.5\nn_top", "module_mm = 1.0\nn_top"), ("= 3.0", "= 2.3")]
)
def test_codes_too_small_to_be_read_are_refused(tmp_path: Path, old: str, new: str) -> None:
    text = replaced(TABLE, old, new)
    with pytest.raises(ConfigurationError, match="too small to be read") as caught:
        read_catalogue(written(tmp_path, "catalogue.toml", CATALOGUE + text))
    assert " px" in caught.value.actual


@pytest.mark.slow
def test_a_standard_collar_is_read_from_afar() -> None:
    worn = chosen(dict(SHIPPED))["MOB-D60-B15"]
    catalogue = {**SHIPPED, worn.id: worn}
    found = detection(worn, catalogue, 2, unheard)
    assert [(each.n, each.n_read, each.n_counted) for each in found] == [(2, 2, 2)] * 3


@pytest.mark.slow
def test_the_command_measures_how_often_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = str(tmp_path / "c.pdf")
    assert main(["applicators", "collar", "LIAC-D30-B0", "--out", page, "--views", "1"]) == 0
    out = capsys.readouterr().out
    assert "hardly from above" in out
    assert "60 deg off the axis: " in out
