"""`qa phantom` on a recorded cone whose place is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.rig_file import parse_rig
from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from recordings.session.writer import SessionWriter
from recordings.source import SourceHeader
from tests.builders import INTRINSICS, make_view, pose_looking_at
from tests.config_texts import RIG
from tracking.arrays import Float
from tracking.frame import RgbdFrame, SourceFrame
from tracking.transforms import rigid, rotation_from_vector

CONE = "MOB-D60-B15"
N_FRAMES = 4
UNIT_MM = 0.1
AXIS_LIMIT_DEG, EXIT_LIMIT_MM = 0.2, 0.6  # of the mean of four frames: a few of their sigmas


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    (folder / "rig.toml").write_text(RIG, encoding="utf-8")
    cone = read_catalogue(None).find(CONE)
    header = SourceHeader(
        "made", "simulation", "simulated", INTRINSICS, UNIT_MM, "Camera", "S1", N_FRAMES
    )
    with SessionWriter(folder / "cone.mcap", header) as writer:
        for k in range(N_FRAMES):
            view = make_view(cone, pose_looking_at(), seed=k)
            raw = np.round(view.depth_mm / UNIT_MM).clip(0, 65535).astype(np.uint16)
            stamp = round(k * 1e9 / 30)
            frame = RgbdFrame(k, "S1", stamp, stamp, INTRINSICS, raw, UNIT_MM)
            writer.write(SourceFrame(frame, view.labels))
    return folder


def _true_pose() -> Float:
    return parse_rig(RIG, "rig.toml").head_from_camera @ pose_looking_at()


def _run(folder: Path, pose: Float, unit: object = "mm") -> int:
    known = {"unit": unit, "head_from_applicator": pose.tolist()}
    (folder / "pose.json").write_text(json.dumps(known), encoding="utf-8")
    files = ["--rig", str(folder / "rig.toml"), "--pose", str(folder / "pose.json")]
    cone = ["--applicator", CONE, "--segmenter", "masks", "--json"]
    return main(["qa", "phantom", str(folder / "cone.mcap"), *files, *cone])


def _metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    return {m["name"]: m["value"] for m in json.loads(capsys.readouterr().out)["metrics"]}


def test_a_phantom_where_it_should_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(folder, _true_pose()) == 0
    found = _metrics(capsys)
    assert found["phantom_axis_error"] < AXIS_LIMIT_DEG
    assert found["phantom_exit_error"] < EXIT_LIMIT_MM
    assert found["phantom_registered"] == 100.0
    assert 0 < found["phantom_exit_spread"] < EXIT_LIMIT_MM


def test_metres_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pose = _true_pose().copy()
    pose[:3, 3] /= 1e3
    assert _run(folder, pose, "m") == 0
    assert _metrics(capsys)["phantom_exit_error"] < EXIT_LIMIT_MM


def test_a_camera_that_was_moved_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turn = rigid(rotation_from_vector([np.radians(2.0), 0, 0]), (0.0, 0.0, 0.0))
    moved = _true_pose() @ turn
    moved[:3, 3] += (0.0, 5.0, 0.0)
    assert _run(folder, moved) == 0
    found = _metrics(capsys)
    assert found["phantom_axis_error"] == pytest.approx(2.0, abs=AXIS_LIMIT_DEG)
    assert found["phantom_exit_y"] == pytest.approx(-5.0, abs=EXIT_LIMIT_MM)


def test_a_mirrored_pose_and_a_missing_unit_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(folder, np.diag([-1.0, 1.0, 1.0, 1.0])) == 4
    assert "mirrored" in capsys.readouterr().err
    assert _run(folder, _true_pose(), None) == 3
    assert "unit" in capsys.readouterr().err
