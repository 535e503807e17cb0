from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.faults.made_dicom import (
    electron_beam,
    photon_beam,
    rt_plan,
    rt_structure_set,
    written_dicom,
)
from tests.config_texts import IMPORT_SITE, written


@pytest.fixture
def site(tmp_path: Path) -> str:
    return str(written(tmp_path, "site.toml", IMPORT_SITE))


def run(folder: Path, site: str, *more: str, code: int = 0) -> Path:
    out = folder / "out.toml"
    arguments = ["plan", "import", str(folder / "plan.dcm"), "--site", site, "--out", str(out)]
    assert main([*arguments, *more]) == code
    return out


def test_an_imported_plan_can_be_checked_and_used(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written_dicom(tmp_path, rt_plan())
    out = run(tmp_path, site, "--json")
    shown = json.loads(capsys.readouterr().out)
    assert shown["plan"]["applicator"] == "MOB-D60-B15"
    assert main(["plan", "check", str(out), "--site", site, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == shown


def test_a_region_says_that_it_needs_more(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written_dicom(tmp_path, rt_plan())
    structures = written_dicom(tmp_path, rt_structure_set(), "rs.dcm")
    out = run(tmp_path, site, "--rtstruct", str(structures))
    text, told = capsys.readouterr()
    assert tomllib.loads(text)["plan"]["area_at_risk_patient"]["name"] == "Tumor Bed"
    assert "not registered to the bed" in told
    assert main(["plan", "check", str(out), "--site", site]) == 0
    assert "not registered to the bed" in capsys.readouterr().err


def test_a_refused_plan_writes_nothing(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written_dicom(tmp_path, rt_plan(photon_beam(1)))
    out = run(tmp_path, site, code=3)
    assert capsys.readouterr().out == ""
    assert not out.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.dcm", "site.toml"]


def test_a_cut_file_writes_nothing(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written_dicom(tmp_path, rt_plan())
    path.write_bytes(path.read_bytes()[:-4])
    assert not run(tmp_path, site, code=3).exists()
    assert "is no whole DICOM file" in capsys.readouterr().err


def test_a_plan_that_exists_is_not_overwritten(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written_dicom(tmp_path, rt_plan())
    written(tmp_path, "out.toml", "mine")
    assert run(tmp_path, site, code=2).read_text(encoding="utf-8") == "mine"
    assert "not overwritten" in capsys.readouterr().err


def test_beam_position_and_id_can_be_given(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written_dicom(tmp_path, rt_plan(electron_beam(1), electron_beam(2, applicator_id="C6B30")))
    run(tmp_path, site, "--beam", "2", "--position", "FFS", code=3)
    assert "lies otherwise" in capsys.readouterr().err
    out = run(tmp_path, site, "--beam", "2", "--position", "HFS", "--plan-id", "boost-1")
    plan = tomllib.loads(out.read_text(encoding="utf-8"))
    assert (plan["plan_id"], plan["applicator"]) == ("boost-1", "MOB-D60-B30")


def test_no_option_imports_what_is_not_approved(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = rt_plan()
    plan.ApprovalStatus = "UNAPPROVED"
    written_dicom(tmp_path, plan)
    run(tmp_path, site, "--allow-unapproved", code=2)
    run(tmp_path, site, code=3)
    assert "is not approved" in capsys.readouterr().err


def test_a_missing_file_is_told(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not run(tmp_path, site, code=3).exists()
    assert "cannot be read" in capsys.readouterr().err


class TestCheckOfDicom:
    def test_it_shows_the_plan_and_writes_nothing(
        self, tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written_dicom(tmp_path, rt_plan())
        assert main(["plan", "check", str(path), "--site", site]) == 0
        text, told = capsys.readouterr()
        assert tomllib.loads(text)["plan"]["beam"]["head_roll_deg"] == 12.0
        assert "can be imported" in told
        assert sorted(p.name for p in tmp_path.iterdir()) == ["plan.dcm", "site.toml"]

    def test_without_its_site_it_cannot_be_checked(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written_dicom(tmp_path, rt_plan())
        assert main(["plan", "check", str(path)]) == 2
        assert "--site" in capsys.readouterr().err
