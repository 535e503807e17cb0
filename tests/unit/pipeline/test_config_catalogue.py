from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.ply_file import write_ply
from pipeline.config.catalogue_file import BUILT_IN_CATALOGUE, read_catalogue
from pipeline.config.config_tables import applicator_table
from pipeline.config.make_catalogue import catalogue_text
from pipeline.config.mesh_file import applicator_mesh, read_mesh
from tests.config_texts import CATALOGUE, replaced, written
from tracking.applicator import Applicator
from tracking.applicator_mesh import TriangleMesh, build_mesh
from tracking.collar import DEFAULT_PLACEMENT_SIGMA_MM, Collar
from tracking.errors import ConfigurationError
from tracking.toml_text import toml_text

METRES_PER_MM = 1e-3


def refusal(folder: Path, text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_catalogue(written(folder, "catalogue.toml", text))
    return caught.value


def test_the_built_in_catalogue_is_what_its_script_writes() -> None:
    assert BUILT_IN_CATALOGUE.read_text(encoding="utf-8") == catalogue_text()


def test_the_built_in_catalogue_holds_both_families() -> None:
    applicators = read_catalogue().applicators
    mobetron = [a for a in applicators.values() if a.machine == "mobetron"]
    liac = [a for a in applicators.values() if a.machine == "liac"]
    assert {a.inner_diameter_mm for a in mobetron} == set(range(30, 101, 5))
    assert {a.bevel_deg for a in mobetron} == {0, 15, 30}
    assert {a.inner_diameter_mm for a in liac} == {30, 40, 50, 60, 70, 80, 90, 100, 120}
    assert {a.bevel_deg for a in liac} == {0, 15, 30, 45}
    assert (len(mobetron), len(liac)) == (45, 36)
    assert {(a.docking, a.material, a.ssd_mm) for a in mobetron} == {("soft", "metal", 500.0)}
    assert {(a.docking, a.material, a.ssd_mm) for a in liac} == {("hard", "pmma", 645.0)}


def test_the_example_applicator_is_as_the_contract_has_it() -> None:
    expected = Applicator(
        id="MOB-D60-B15",
        machine="mobetron",
        inner_diameter_mm=60.0,
        wall_mm=2.0,
        length_mm=300.0,
        bevel_deg=15.0,
        ring_diameter_mm=110.0,
        ring_height_mm=20.0,
        ssd_mm=500.0,
    )
    assert read_catalogue().find("MOB-D60-B15") == expected


def test_ids_tell_diameter_and_bevel() -> None:
    for name, applicator in read_catalogue().applicators.items():
        _, diameter, bevel = name.split("-")
        assert float(diameter[1:]) == applicator.inner_diameter_mm
        assert float(bevel[1:]) == applicator.bevel_deg


def test_every_entry_says_what_is_sourced_and_what_is_assumed() -> None:
    lines = catalogue_text().splitlines()
    entries = [i for i, line in enumerate(lines) if line.startswith("[applicator.")]
    assert all("assumed: " in lines[i - 1] for i in entries)


def test_unknown_applicator_names_the_nearest_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="MOB-D60-B51") as caught:
        read_catalogue().find("MOB-D60-B51")
    assert "MOB-D60-B15" in caught.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("wall_mm = 2.0", "wall = 2.0", "unknown key applicator.MOB-D60-B15.wall"),
        ("wall_mm = 2.0\n", "", "applicator.MOB-D60-B15.wall_mm is missing"),
        ('"metal"', '"glass"', "value of applicator.MOB-D60-B15.material"),
        ("wall_mm = 2.0", "wall_mm = nan", "value of applicator.MOB-D60-B15.wall_mm"),
        ("bevel_deg = 15.0", "bevel_deg = 80.0", "MOB-D60-B15 cannot exist"),
        ("ring_diameter_mm = 110.0", "ring_diameter_mm = 60.0", "MOB-D60-B15 cannot exist"),
        ('mesh = ""', 'mesh = "cone.stl"', "does not exist"),
        ('mesh = ""', 'mesh = "cone.step"', "unknown kind"),
    ],
)
def test_a_bad_entry_is_refused(tmp_path: Path, old: str, new: str, part: str) -> None:
    assert part in refusal(tmp_path, replaced(CATALOGUE, old, new)).what


COLLAR = """[applicator.MOB-D60-B15.collar]
dictionary = "4x4_1000"
first_id = 24
n_outer = 16
module_mm = 2.5
n_top = 8
top_module_mm = 3.0
"""


def test_a_collar_is_read_with_its_defaults_and_written_back(tmp_path: Path) -> None:
    path = written(tmp_path, "catalogue.toml", CATALOGUE + COLLAR)
    applicator = read_catalogue(path).find("MOB-D60-B15")
    expected = Collar("4x4_1000", 24, 16, 2.5, 8, 3.0, DEFAULT_PLACEMENT_SIGMA_MM, 0.0)
    assert applicator.collar == expected
    text = toml_text({"schema": 1, "applicator": {"MOB-D60-B15": applicator_table(applicator)}})
    again = read_catalogue(written(tmp_path, "again.toml", text)).find("MOB-D60-B15")
    assert again == applicator


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ('"4x4_1000"', '"9x9"', "dictionary"),
        ("n_outer = 16", "n_outer = 40", "MOB-D60-B15"),
        ("n_top = 8", "n_tops = 8", "n_tops"),
        ("first_id = 24\n", "", "first_id"),
        ("module_mm = 2.5", "module_mm = nan", "module_mm"),
    ],
)
def test_a_collar_that_cannot_be_worn_is_refused(
    tmp_path: Path, old: str, new: str, part: str
) -> None:
    assert part in refusal(tmp_path, replaced(CATALOGUE + COLLAR, old, new)).what


def second_entry(collar: str) -> str:
    entry = CATALOGUE[CATALOGUE.index("[applicator.MOB-D60-B15]") :] + collar
    return entry.replace("MOB-D60-B15", "MOB-D60-B30")


def test_two_collars_never_wear_the_same_code(tmp_path: Path) -> None:
    overlapping = COLLAR.replace("first_id = 24", "first_id = 47")
    refused = refusal(tmp_path, CATALOGUE + COLLAR + second_entry(overlapping))
    assert "same code" in refused.what
    assert "47" in refused.actual
    apart = COLLAR.replace("first_id = 24", "first_id = 48")
    path = written(tmp_path, "catalogue.toml", CATALOGUE + COLLAR + second_entry(apart))
    assert len(read_catalogue(path).applicators) == 2


def test_collars_of_one_catalogue_use_one_dictionary(tmp_path: Path) -> None:
    other = COLLAR.replace("4x4_1000", "4x4_250").replace("first_id = 24", "first_id = 100")
    refused = refusal(tmp_path, CATALOGUE + COLLAR + second_entry(other))
    assert "dictionaries" in refused.what


def test_a_catalogue_without_applicators_is_refused(tmp_path: Path) -> None:
    assert "applicator" in refusal(tmp_path, "schema = 1\n[applicator]\n").what


def with_mesh(folder: Path, mesh: TriangleMesh) -> Path:
    write_ply(folder / "cone.ply", mesh)
    text = replaced(CATALOGUE, 'mesh = ""', 'mesh = "cone.ply"')
    return written(folder, "catalogue.toml", text)


def test_a_mesh_is_found_beside_its_catalogue_and_belongs_to_its_id(tmp_path: Path) -> None:
    parametric = build_mesh(read_catalogue().find("MOB-D60-B0"))
    path = with_mesh(tmp_path, parametric)
    catalogue = read_catalogue(path)
    mesh = applicator_mesh(catalogue.find("MOB-D60-B15"))
    assert (mesh.vertices_mm == parametric.vertices_mm).all()
    assert (mesh.triangles == parametric.triangles).all()
    with_mesh(tmp_path, build_mesh(read_catalogue().find("MOB-D60-B30")))
    assert read_catalogue(path).id != catalogue.id


def test_a_mesh_in_metres_is_refused(tmp_path: Path) -> None:
    mm = build_mesh(read_catalogue().find("MOB-D60-B15"))
    path = with_mesh(tmp_path, TriangleMesh(mm.vertices_mm * METRES_PER_MM, mm.triangles))
    with pytest.raises(ConfigurationError, match="another size"):
        applicator_mesh(read_catalogue(path).find("MOB-D60-B15"))


def test_a_file_that_is_no_mesh_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        read_mesh(written(tmp_path, "cone.ply", "not a mesh"))
