"""Every bad input has its own message and exit code, and leaves nothing half-written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.cli.app import main
from tests.config_texts import CATALOGUE, PLAN, RIG, SITE, replaced, written

ROOT = Path(__file__).resolve().parents[2]
BAG = ROOT.parent / "shared" / "data" / "librealsense_bag" / "single_depth_color_640x480.bag"
SHAPE = (48, 64)
N_FRAMES = 3
NOISY_SHAPE = (240, 320)
N_NOISY_FRAMES = 12
N_SIMULATED_FRAMES = 5
CAMERA = {"cam_K": [60.0, 0.0, 32.0, 0.0, 60.0, 24.0, 0.0, 0.0, 1.0], "depth_scale": 1.0}


class Workplace:
    """A folder with valid rig, plan, site and a BOP scene, for a test to damage one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rig = written(folder, "rig.toml", RIG)
        self.plan = written(folder, "plan.toml", PLAN)
        self.site = written(folder, "site.toml", SITE)
        self.catalogue = written(folder, "catalogue.toml", CATALOGUE)
        self.scene = write_scene(folder / "scene")
        self.out = folder / "out"

    def arguments(self, source: str | Path) -> list[str]:
        """A replay of `source` with everything this folder holds."""
        named = {
            "--rig": self.rig,
            "--plan": self.plan,
            "--site": self.site,
            "--catalogue": self.catalogue,
            "--out": self.out,
        }
        options = [str(word) for pair in named.items() for word in pair]
        return ["replay", str(source), *options, "--segmenter", "masks", "--no-video"]

    def listing(self) -> set[Path]:
        """Every path in the folder."""
        return set(self.folder.rglob("*"))


def write_scene(folder: Path) -> Path:
    """A BOP folder of a plane at 400 mm in colour."""
    for name in ("depth", "rgb"):
        (folder / name).mkdir(parents=True)
    for index in range(N_FRAMES):
        depth = np.full(SHAPE, 400 + index, np.uint16)
        cv2.imwrite(str(folder / "depth" / f"{index:06d}.png"), depth)
        cv2.imwrite(str(folder / "rgb" / f"{index:06d}.png"), np.zeros((*SHAPE, 3), np.uint8))
    set_camera(folder, CAMERA)
    return folder


def write_noisy_scene(folder: Path) -> Path:
    """A BOP folder of frames that do not compress: several chunks of a session."""
    (folder / "depth").mkdir(parents=True)
    random = np.random.default_rng(1)
    for index in range(N_NOISY_FRAMES):
        depth = random.integers(300, 30_000, NOISY_SHAPE, np.uint16)
        cv2.imwrite(str(folder / "depth" / f"{index:06d}.png"), depth)
    camera = {"cam_K": [300.0, 0.0, 160.0, 0.0, 300.0, 120.0, 0.0, 0.0, 1.0], "depth_scale": 1.0}
    entries = {str(index): camera for index in range(N_NOISY_FRAMES)}
    (folder / "scene_camera.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def set_camera(scene: Path, entry: dict[str, object]) -> None:
    entries = {str(index): entry for index in range(N_FRAMES)}
    (scene / "scene_camera.json").write_text(json.dumps(entries), encoding="utf-8")


def without(entry: dict[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in entry.items() if name != key}


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    return Workplace(tmp_path)


def refused(
    place: Workplace, source: str | Path, code: int, capsys: pytest.CaptureFixture[str]
) -> str:
    """The message of a replay that ends with `code` and writes nothing."""
    before = place.listing()
    assert main(place.arguments(source)) == code
    assert place.listing() == before
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_the_undamaged_folder_is_replayed(place: Workplace) -> None:
    assert main(place.arguments(place.scene)) == 0
    lines = (place.out / "records.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == N_FRAMES
    assert {json.loads(line)["verdict"] for line in lines} == {"UNSURE"}


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("rig", 3, "The rig file does not exist"),
        ("plan", 3, "The plan file does not exist"),
        ("site", 3, "The site file does not exist"),
        ("catalogue", 3, "The catalogue file does not exist"),
    ],
)
def test_missing_configuration_file(
    place: Workplace, name: str, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path: Path = getattr(place, name)
    path.unlink()
    err = refused(place, place.scene, code, capsys)
    assert message in err
    assert str(path) in err


@pytest.mark.parametrize("name", ["gone.mcap", "gone.db3", "gone.bag", "gone"])
def test_missing_source(place: Workplace, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert name in refused(place, place.folder / name, 5, capsys)


@pytest.mark.parametrize("name", ["empty.mcap", "empty.db3", "empty.bag"])
def test_empty_source(place: Workplace, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = place.folder / name
    source.touch()
    assert name in refused(place, source, 5, capsys)


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "key"),
    [
        ("rig", RIG, "subpixel_px", "subpixel", "depth.subpixel"),
        ("plan", PLAN, "patient_id", "patient", "patient"),
        ("site", SITE, "docking_gap_mm", "docking_gap", "caps.docking_gap"),
        ("catalogue", CATALOGUE, "wall_mm", "wall", "applicator.MOB-D60-B15.wall"),
    ],
)
def test_unknown_key(
    place: Workplace,
    name: str,
    text: str,
    old: str,
    new: str,
    key: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written(place.folder, f"{name}.toml", replaced(text, f"{old} ", f"{new} "))
    err = refused(place, place.scene, 3, capsys)
    assert f"{name}.toml" in err
    assert key in err


def test_unknown_applicator(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    written(place.folder, "plan.toml", replaced(PLAN, "MOB-D60-B15", "MOB-D65-B15"))
    err = refused(place, place.scene, 3, capsys)
    assert "MOB-D65-B15 is not in the catalogue" in err
    assert "Did you mean MOB-D60-B15?" in err


def test_nan_in_the_rigs_pose(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    written(place.folder, "rig.toml", replaced(RIG, "0.0, 1.0, 30.0]", "0.0, 1.0, nan]"))
    err = refused(place, place.scene, 4, capsys)
    assert "head_from_camera" in err
    assert "not finite" in err


def test_mirrored_rig(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    written(place.folder, "rig.toml", replaced(RIG, "[1.0, 0.0, 0.0, 10.0]", "[-1, 0, 0, 10.0]"))
    assert "mirrored" in refused(place, place.scene, 4, capsys)


def test_rig_of_another_camera(place: Workplace, capsys: pytest.CaptureFixture[str]) -> None:
    written(place.folder, "rig.toml", replaced(RIG, '"any"', '"another-camera"'))
    err = refused(place, "sim:bench", 4, capsys)
    assert "another camera" in err
    assert "another-camera" in err


def without_intrinsics(scene: Path) -> None:
    (scene / "scene_camera.json").unlink()


def without_camera_matrix(scene: Path) -> None:
    set_camera(scene, without(CAMERA, "cam_K"))


def without_depth_unit(scene: Path) -> None:
    set_camera(scene, without(CAMERA, "depth_scale"))


def with_smaller_colour(scene: Path) -> None:
    cv2.imwrite(str(scene / "rgb" / "000001.png"), np.zeros((24, 32, 3), np.uint8))


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (without_intrinsics, "scene_camera.json"),
        (without_camera_matrix, "cam_K"),
        (without_depth_unit, "depth_scale"),
        (with_smaller_colour, "colour and depth of different size"),
    ],
)
def test_scene_folder_that_cannot_be_used(
    place: Workplace,
    damage: Callable[[Path], None],
    part: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damage(place.scene)
    assert part in refused(place, place.scene, 5, capsys)


def cut_short(source: Path, fraction: float) -> Path:
    cut = source.with_name(f"cut{source.suffix}")
    data = source.read_bytes()
    cut.write_bytes(data[: int(len(data) * fraction)])
    return cut


def summary_after_cut(place: Workplace, source: Path) -> dict[str, object]:
    """Summary of the replay of a source cut short, which is written out with exit code 5."""
    assert main(place.arguments(source)) == 5
    summary = json.loads((place.out / "summary.json").read_text(encoding="utf-8"))
    lines = (place.out / "records.jsonl").read_text(encoding="utf-8").splitlines()
    assert summary["truncated"] is True
    assert summary["frames"] == len(lines)
    return dict(summary)


def test_session_cut_short_is_processed_to_its_last_whole_frame(place: Workplace) -> None:
    noisy = write_noisy_scene(place.folder / "noisy")
    whole = place.folder / "whole.mcap"
    assert main(["record", str(noisy), str(whole)]) == 0
    summary = summary_after_cut(place, cut_short(whole, 0.6))
    assert 0 < int(str(summary["frames"])) < N_NOISY_FRAMES


def test_realsense_recording_cut_short_is_processed_to_its_last_whole_frame(
    place: Workplace,
) -> None:
    whole = place.folder / "whole.db3"
    assert main(["simulate", "bench", str(whole), "--frames", str(N_SIMULATED_FRAMES)]) == 0
    summary = summary_after_cut(place, cut_short(whole, 0.6))
    assert 0 < int(str(summary["frames"])) < N_SIMULATED_FRAMES


@pytest.mark.real_data
@pytest.mark.skipif(not BAG.exists(), reason=f"no recording at {BAG}")
def test_real_bag_cut_short(place: Workplace) -> None:
    shutil.copy(BAG, place.folder / "whole.bag")
    summary_after_cut(place, cut_short(place.folder / "whole.bag", 0.6))


@pytest.fixture(scope="module")
def tampered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program in whose model one byte has flipped."""
    folder = tmp_path_factory.mktemp("program")
    for name in ("tracking", "recordings", "calibration", "pipeline"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "models", folder / "models", ignore=shutil.ignore_patterns("training"))
    shutil.copy(ROOT / "run_tracker.py", folder)
    (weights,) = (folder / "models" / "weights").glob("*.onnx")
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    return folder


@pytest.mark.parametrize("command", ["replay", "model check"])
def test_model_that_is_not_the_one_of_its_manifest(
    tampered: Path, place: Workplace, command: str
) -> None:
    arguments = place.arguments(place.scene)
    arguments[arguments.index("masks")] = "onnx"
    before = place.listing()
    done = subprocess.run(
        [
            sys.executable,
            "run_tracker.py",
            *(arguments if command == "replay" else command.split()),
        ],
        cwd=tampered,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "sha256" in done.stderr
    assert "Traceback" not in done.stderr
    assert place.listing() == before
