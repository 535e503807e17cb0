from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.mesh_file import read_mesh
from pipeline.request import RunRequest
from pipeline.version import SOFTWARE_ID
from tests.config_texts import CATALOGUE, PLAN, RIG, SITE, replaced, written
from tracking.applicator_mesh import build_mesh

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = {
    *("demo", "live", "replay", "record", "simulate", "bench"),
    *("applicators", "plan", "rig", "model", "session", "sessions", "site", "faults"),
}
REPLAY_OPTIONS = {
    *("--rig", "--plan", "--out", "--catalogue", "--site", "--segmenter", "--independent"),
    *("--save-masks", "--no-video", "--realtime", "--serve", "--from", "--to", "--speed"),
}
LIVE_OPTIONS = {"--rig", "--plan", "--site", "--serial", "--record", "--serve"}


def fresh_rig() -> str:
    today = datetime.now(UTC).replace(microsecond=0).isoformat()
    return replaced(RIG, "2026-01-01T08:00:00Z", today)


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(arguments) == code
    return capsys.readouterr().out


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str], code: int) -> str:
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(["--help"], capsys)
    assert {word for word in text.split() if word in COMMANDS} == COMMANDS


@pytest.mark.parametrize(
    ("command", "options"), [("replay", REPLAY_OPTIONS), ("live", LIVE_OPTIONS)]
)
def test_the_contract_options_exist(
    command: str, options: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed([command, "--help"], capsys)
    assert options <= set(text.split())


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from pipeline.cli.app import main; code = main(['--help']);"
        "heavy = {'numpy', 'scipy', 'cv2', 'open3d', 'onnxruntime', 'pydantic', 'matplotlib'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["dance"], id="unknown command"),
        pytest.param(["replay", "a.mcap"], id="missing options"),
        pytest.param(["applicators", "list", "--colour"], id="unknown option"),
        pytest.param(["applicators", "mesh", "MOB-D60-B15", "--out", "x.stl"], id="not a .ply"),
        pytest.param(["simulate", "docking", "x.mcap", "--frames", "0"], id="no frames"),
        pytest.param(["record", "sim:docking", "x.avi"], id="not an .mcap"),
        pytest.param(["bench", "everything"], id="unknown benchmark"),
    ],
)
def test_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    refused(arguments, capsys, 2)


@pytest.mark.parametrize("more", [[], ["--serve"]], ids=["headless", "served"])
@pytest.mark.parametrize(
    ("command", "owner"),
    [
        (["live"], "pipeline.live.live"),
        (["replay", "sim:docking", "--out", "out"], "pipeline.replay.replay"),
    ],
)
def test_serve_reaches_what_runs(
    command: list[str], owner: str, more: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RunRequest | dict[str, object]] = []

    def run(request: RunRequest | None = None, **options: object) -> int:
        asked.append(request or options)
        return 0

    monkeypatch.setattr(owner, run)
    assert main([*command, "--rig", "rig.toml", "--plan", "plan.toml", *more]) == 0
    if command == ["live"]:
        assert [options["serve"] for options in asked if isinstance(options, dict)] == [bool(more)]
    else:
        requests = [request for request in asked if isinstance(request, RunRequest)]
        # Shown, a recording plays at its own pace.
        assert [(r.serve, r.realtime) for r in requests] == [(bool(more), bool(more))]


@pytest.mark.parametrize(
    ("more", "owner"),
    [
        pytest.param([], "pipeline.demo.replay", id="the sample replayed"),
        pytest.param(["--serve"], "pipeline.workflow.training.train", id="a training session"),
    ],
)
def test_demo_reaches_what_runs(
    more: list[str], owner: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reached = []

    def run(*_: object, **__: object) -> int:
        reached.append(owner)
        return 0

    monkeypatch.setattr(owner, run)
    assert main(["demo", "--out", str(tmp_path), *more]) == 0
    assert reached == [owner]


def test_applicators_list(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(["applicators", "list"], capsys)
    assert all(name in text for name in read_catalogue().applicators)
    assert "…" not in text


def test_applicators_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(printed(["applicators", "list", "--json"], capsys))
    assert listed["catalogue"] == read_catalogue().id
    assert [a["id"] for a in listed["applicators"]] == list(read_catalogue().applicators)


def test_applicators_show(capsys: pytest.CaptureFixture[str]) -> None:
    shown = tomllib.loads(printed(["applicators", "show", "MOB-D60-B15"], capsys))
    as_json = json.loads(printed(["applicators", "show", "MOB-D60-B15", "--json"], capsys))
    entry = shown["applicator"]["MOB-D60-B15"]
    assert entry["inner_diameter_mm"] == 60.0
    assert {**entry, "id": "MOB-D60-B15", "catalogue": read_catalogue().id} == as_json


def test_applicators_of_another_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = replaced(CATALOGUE, "MOB-D60-B15", "OWN-1")
    path = written(tmp_path, "own.toml", text)
    arguments = ["applicators", "show", "OWN-1", "--catalogue", str(path)]
    assert "OWN-1" in printed(arguments, capsys)


def test_unknown_applicator(capsys: pytest.CaptureFixture[str]) -> None:
    err = refused(["applicators", "show", "MOB-D61-B15"], capsys, 3)
    assert "MOB-D60-B15" in err


def test_applicators_mesh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.ply"
    printed(["applicators", "mesh", "MOB-D60-B15", "--out", str(out)], capsys)
    expected = build_mesh(read_catalogue().find("MOB-D60-B15"))
    mesh = read_mesh(out)
    assert (mesh.vertices_mm == expected.vertices_mm).all()
    assert (mesh.triangles == expected.triangles).all()
    assert [path.name for path in tmp_path.iterdir()] == ["x.ply"]


def test_applicators_mesh_into_a_missing_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "missing" / "x.ply"
    arguments = ["applicators", "mesh", "MOB-D60-B15", "--out", str(out)]
    assert "does not exist" in refused(arguments, capsys, 2)
    assert not any(tmp_path.iterdir())


def test_plan_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, "plan.toml", PLAN))
    site = str(written(tmp_path, "site.toml", SITE))
    shown = tomllib.loads(printed(["plan", "check", path, "--site", site], capsys))
    as_json = json.loads(printed(["plan", "check", path, "--json"], capsys))
    assert shown == as_json
    assert shown["plan"]["limits"]["docking_gap_mm"] == {"planned": 40.0, "tolerance": 3.0}


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_plan_check_shows_and_refuses_a_plan_that_is_not_approved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: list[str]
) -> None:
    text = replaced(PLAN, "approved = true", "approved = false")
    assert main(["plan", "check", str(written(tmp_path, "plan.toml", text)), *as_json]) == 3
    out, err = capsys.readouterr()
    shown = json.loads(out) if as_json else tomllib.loads(out)
    assert shown["plan"]["approved"] is False
    assert "not approved" in err
    assert "can be used" not in err


def test_rig_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, "rig.toml", fresh_rig()))
    shown = tomllib.loads(printed(["rig", "check", path], capsys))
    as_json = json.loads(printed(["rig", "check", path, "--json"], capsys))
    assert shown["rig"]["depth"] == as_json["rig"]["depth"]
    assert shown["rig"]["calibrated_at"].isoformat() == as_json["rig"]["calibrated_at"]


def test_rig_check_refuses_an_expired_rig(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = replaced(RIG, "2026-01-01", "2020-01-01")
    err = refused(["rig", "check", str(written(tmp_path, "rig.toml", text))], capsys, 4)
    assert "does not hold at this time" in err


def test_ctrl_c_ends_a_command_with_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.config.catalogue_file.read_catalogue", interrupt)
    assert "Interrupted" in refused(["applicators", "list"], capsys, 130)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(["--version"], capsys).strip() == SOFTWARE_ID
