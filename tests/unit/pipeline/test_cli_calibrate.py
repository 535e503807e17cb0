"""`calibrate intrinsics` and `calibrate rig` from picture files to the files they write."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.board_spec import parse_board
from calibration.camera_file import read_camera
from calibration.lens import Lens
from calibration.pictures import read_gray
from calibration.rig_file import read_rig
from calibration.twist import motion, twist_between
from pipeline.benchmarks.calibration_scene import random_board_pose
from pipeline.cli.app import main
from tests.board_pictures import photograph
from tests.config_texts import RIG, replaced
from tracking.arrays import Float
from tracking.transforms import invert, rigid, rotation_from_vector

LENS = Lens(848, 480, np.array([600.0, 602.0, 424, 240]), np.zeros(5))
SPEC = "chessboard:9x6:25"
N = 10
GRIPPER_FROM_CAMERA = rigid(rotation_from_vector([0.2, -0.5, 1.0]), [40.0, -60.0, 80.0])
BASE_FROM_BOARD = rigid(rotation_from_vector([2.0, 0.3, -0.4]), [500.0, 100.0, 30.0])
FX_FRACTION = 0.005  # ten rendered pictures know fx to about 0.1 %
RIG_MM = 0.3
CAMERA = "schema = 1\nwidth = 848\nheight = 480\nfx = 600\nfy = 602\ncx = 424\ncy = 240\n"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Float]]:
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(3)
    poses = [random_board_pose(rng, LENS) for _ in range(N)]
    for i, pose in enumerate(poses):
        cv2.imwrite(str(folder / f"{i:02d}.png"), photograph(parse_board(SPEC), LENS, pose))
    return folder, poses


def poses_json(poses: list[Float], unit: str | None) -> dict[str, object]:
    found = []
    for i, camera_from_board in enumerate(poses):
        base_from_gripper = (
            BASE_FROM_BOARD @ invert(camera_from_board) @ invert(GRIPPER_FROM_CAMERA)
        )
        if unit == "m":
            base_from_gripper[:3, 3] /= 1000
        found.append({"image": f"{i:02d}.png", "base_from_gripper": base_from_gripper.tolist()})
    return {"poses": found} if unit is None else {"unit": unit, "poses": found}


def rig_arguments(folder: Path, tmp_path: Path, poses: dict[str, object]) -> list[str]:
    camera, robot = tmp_path / "camera.toml", tmp_path / "poses.json"
    camera.write_text(CAMERA, encoding="utf-8")
    robot.write_text(json.dumps(poses), encoding="utf-8")
    options = ["--images", str(folder), "--poses", str(robot), "--mount", "hand"]
    options += ["--camera", str(camera), "--board", SPEC, "--out", str(tmp_path / "rig.toml")]
    return ["calibrate", "rig", *options]


def test_intrinsics_are_written_and_never_overwritten(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "camera.toml"
    command = ["calibrate", "intrinsics", str(scene[0]), "--board", SPEC, "--out", str(out)]
    assert main([*command, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert len(figures["views"]) == N
    assert read_camera(out).lens.pinhole[0] == pytest.approx(600.0, rel=FX_FRACTION)
    before = out.read_bytes()
    assert main(command) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_every_printed_warning_is_in_the_file_and_both_titles_count_the_same_views(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in scene[0].iterdir():
        shutil.copy(path, tmp_path)
    cv2.imwrite(str(tmp_path / "small.png"), np.zeros((240, 424), np.uint8))
    shifted = np.roll(read_gray(scene[0] / "00.png"), 30, axis=1)
    shifted[240:] = np.roll(shifted[240:], 7, axis=1)  # a board in two halves: an outlier
    cv2.imwrite(str(tmp_path / "torn.png"), shifted)
    out = tmp_path / "out" / "camera.toml"
    out.parent.mkdir()
    command = ["calibrate", "intrinsics", str(tmp_path), "--board", SPEC, "--out", str(out)]
    assert main(command) == 0
    said = capsys.readouterr().out
    printed = [x.removeprefix("warning: ") for x in said.splitlines() if x.startswith("warning: ")]
    assert "small.png skipped: 424x240, where most have 848x480" in printed
    assert tomllib.loads(out.read_text(encoding="utf-8"))["evidence"]["warnings"] == printed
    assert "outlier, left out: torn.png" in said
    assert set(re.findall(r"(\d+) views[:;]", said)) == {str(N)}


def test_too_few_pictures_are_a_calibration_error(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "camera.toml"
    few = [str(scene[0] / f"0{i}.png") for i in range(2)]
    assert main(["calibrate", "intrinsics", *few, "--board", SPEC, "--out", str(out)]) == 4
    assert "found in 2 of 2" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("unit", ["m", "mm"])
def test_a_rig_is_written_from_poses_in_either_unit(
    scene: tuple[Path, list[Float]],
    tmp_path: Path,
    unit: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = rig_arguments(scene[0], tmp_path, poses_json(scene[1], unit))
    assert main([*command, "--serial", "s-1", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["outliers"] == []
    rig = read_rig(tmp_path / "rig.toml")
    assert rig.camera_serial == "s-1"
    miss = twist_between(GRIPPER_FROM_CAMERA, rig.head_from_camera)
    assert np.linalg.norm(miss[3:]) < RIG_MM


def test_poses_and_pictures_without_a_partner_are_left_aside_and_named(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses = poses_json(scene[1], "mm")
    rows = poses["poses"]
    assert isinstance(rows, list)
    rows[3]["image"] = "gone.png"
    rows[4]["image"] = "C:\\run\\04.PNG"
    assert main([*rig_arguments(scene[0], tmp_path, poses), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["n_poses"] == N - 1
    assert "poses left aside, without a picture: 1 (gone.png)" in figures["warnings"]
    assert any(note == "pictures left aside, without a pose: 1" for note in figures["notes"])
    assert any("folder, case or suffix" in note for note in figures["notes"])


def test_too_few_poses_with_a_picture_are_refused(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses = poses_json(scene[1], "mm")
    rows = poses["poses"]
    assert isinstance(rows, list)
    for row in rows[4:]:
        row["image"] = f"gone_{row['image']}"
    assert main(rig_arguments(scene[0], tmp_path, poses)) == 5
    said = capsys.readouterr().err
    assert f"4 of {N}; missing: gone_04.png" in said
    assert not (tmp_path / "rig.toml").exists()


def test_poses_without_a_unit_are_refused(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(rig_arguments(scene[0], tmp_path, poses_json(scene[1], None))) == 3
    assert "unit" in capsys.readouterr().err


def test_a_wrong_unit_is_a_calibration_error(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {**poses_json(scene[1], "m"), "unit": "mm"}
    assert main(rig_arguments(scene[0], tmp_path, wrong)) == 4
    assert 'look like "m"' in capsys.readouterr().err
    assert not (tmp_path / "rig.toml").exists()


@pytest.mark.slow
def test_poses_the_other_way_round_are_named_and_nothing_is_written(
    scene: tuple[Path, list[Float]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poses = poses_json(scene[1], "mm")
    rows = poses["poses"]
    assert isinstance(rows, list)
    for row in rows:
        row["base_from_gripper"] = invert(np.array(row["base_from_gripper"])).tolist()
    assert main(rig_arguments(scene[0], tmp_path, poses)) == 4
    assert "look like gripper_from_base" in capsys.readouterr().err
    assert not (tmp_path / "rig.toml").exists()


def test_a_rig_too_uncertain_to_be_of_use_is_not_checked_as_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rig = tmp_path / "rig.toml"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    text = replaced(RIG, "position_sigma_mm = 0.2", "position_sigma_mm = 220.0")
    lines = [f"calibrated_at = {now}" if "calibrated_at" in x else x for x in text.splitlines()]
    rig.write_text("\n".join(lines), encoding="utf-8")
    assert main(["rig", "check", str(rig)]) == 4
    assert "too uncertain to be of use" in capsys.readouterr().err


def test_a_target_on_the_head_needs_no_robot(tmp_path: Path) -> None:
    head_from_board = rigid(rotation_from_vector([3.0, 0.1, 0.2]), [-100.0, 60.0, -5.0])
    camera_from_board = rigid(rotation_from_vector([0.3, -0.2, 0.1]), [-100.0, -60.0, 420.0])
    for i in range(4):
        jitter = motion(np.array([0, 0, 0, 0.05 * i, 0, 0]))
        picture = photograph(parse_board(SPEC), LENS, jitter @ camera_from_board)
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture)
    rows = head_from_board.tolist()
    target = f"schema = 1\nhead_from_board = {rows}\nsigma_mm = 0.05\nsigma_deg = 0.01\n"
    (tmp_path / "target.toml").write_text(target, encoding="utf-8")
    (tmp_path / "camera.toml").write_text(CAMERA, encoding="utf-8")
    out = tmp_path / "rig.toml"
    options = ["--images", str(tmp_path), "--camera", str(tmp_path / "camera.toml")]
    options += ["--head-target", str(tmp_path / "target.toml"), "--board", SPEC]
    assert main(["calibrate", "rig", "--target", "head", *options, "--out", str(out)]) == 0
    miss = twist_between(
        head_from_board @ invert(camera_from_board), read_rig(out).head_from_camera
    )
    assert np.linalg.norm(miss[3:]) < 1.0  # by 0.2 mm at 430 mm, whose noise alone is 0.3 mm
