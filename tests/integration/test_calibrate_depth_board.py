"""`calibrate depth --board`: simulated recordings of a board, their depth off by a known bias."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.board_spec import parse_board
from calibration.lens import Lens
from calibration.rig_file import read_rig
from pipeline.cli.app import main
from recordings.session.writer import SessionWriter
from recordings.simulation.device import WIDE
from recordings.simulation.stereo_noise import correlated_noise
from recordings.source import SourceHeader
from tests.board_pictures import photograph
from tests.config_texts import RIG, replaced
from tests.plane_recordings import FOCAL_BASELINE, GRID
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.frame import RgbdFrame, SourceFrame
from tracking.picture import ColorPicture
from tracking.transforms import invert, rigid, rotation_from_vector

SPEC = "charuco:9x6:40:30:4x4_50"
BOARD = parse_board(SPEC)
UNIT_MM, N_FRAMES = 0.1, 5
BIAS = {380.0: 1.0, 470.0: 2.0, 560.0: 3.0}  # measured - true on the optical axis
CAMERA_FROM_COLOR = rigid(rotation_from_vector([0.004, -0.006, 0.01]), [15.0, 0.3, -0.2])
COLOR = CameraIntrinsics(960, 540, 690.0, 690.0, 478.0, 271.0)
K_SIGMA = 3.0
OWN_SIGMA_MM = 0.1  # of what the board's pose cannot know: given on the command line
SIGMA_F_PX = 0.5


def pose_at(distance_mm: float) -> Float:
    """`camera_from_board` of a tilted board whose plane the optical axis meets there."""
    turn = rotation_from_vector([0.25, -0.2, 0.05])
    middle = np.array([4 * 40.0 + 12, 2.5 * 40.0 - 8, 0.0])
    return rigid(turn, np.array([0.0, 0.0, distance_mm]) - turn @ middle)


def depth_raw(pose: Float, bias_mm: float, rng: np.random.Generator) -> np.ndarray:
    normal = pose[:3, 2]
    z = normal @ pose[:3, 3] / (GRID.ray_grid @ normal) + bias_mm
    disparity = FOCAL_BASELINE / z + 0.08 * correlated_noise(z.shape, 1.5, rng)
    return np.clip(np.round(FOCAL_BASELINE / disparity / UNIT_MM), 0, 65535).astype(np.uint16)


def write(path: Path, distance_mm: float, *, is_native: bool, aside_mm: float = 0.0) -> None:
    """One recording; the board is seen in the depth grid, or by a colour camera beside it."""
    rng = np.random.default_rng(round(distance_mm))
    pose = rigid(np.eye(3), [aside_mm, 0.0, 0.0]) @ pose_at(distance_mm)
    header = SourceHeader(
        str(path), "simulation", "simulated", GRID, UNIT_MM, "Simulated", WIDE.serial, N_FRAMES
    )
    grid_lens = Lens(
        GRID.width, GRID.height, np.array([GRID.fx, GRID.fy, GRID.cx, GRID.cy]), np.zeros(5)
    )
    pinhole = np.array([COLOR.fx, COLOR.fy, COLOR.cx, COLOR.cy])
    color_lens = Lens(COLOR.width, COLOR.height, pinhole, np.zeros(5))
    with SessionWriter(path, header) as writer:
        for k in range(N_FRAMES):
            stamp = round(k * 1e9 / 30)
            raw = depth_raw(pose, BIAS[distance_mm], rng)
            frame = RgbdFrame(k, WIDE.serial, stamp, stamp, GRID, raw, UNIT_MM)
            if is_native:
                seen = invert(CAMERA_FROM_COLOR) @ pose
                grey = photograph(BOARD, color_lens, seen, noise=2.0, seed=k)
                picture = ColorPicture(grey, COLOR, CAMERA_FROM_COLOR)
                writer.write(SourceFrame(frame, picture=picture))
            else:
                grey = photograph(BOARD, grid_lens, pose, noise=2.0, seed=k)
                writer.write(SourceFrame(replace(frame, color_rgb=np.dstack([grey] * 3))))


def camera_text(camera: CameraIntrinsics) -> str:
    head = f"schema = 1\nwidth = {camera.width}\nheight = {camera.height}\nfx = {camera.fx}\n"
    head += f"fy = {camera.fy}\ncx = {camera.cx}\ncy = {camera.cy}\n"
    variance = SIGMA_F_PX**2
    rows = np.diag([variance, variance, 0.01, 0.01])
    rows[0, 1] = rows[1, 0] = variance  # one focal length
    sigma = f"[sigma]\nfx = {SIGMA_F_PX}\nfy = {SIGMA_F_PX}\ncx = 0.1\ncy = 0.1\n"
    return f"{head}{sigma}covariance = {rows.tolist()}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("boards")
    for distance in BIAS:
        write(folder / f"grid-{distance:g}.mcap", distance, is_native=False)
        write(folder / f"native-{distance:g}.mcap", distance, is_native=True)
    (folder / "rig.toml").write_text(replaced(RIG, '"any"', f'"{WIDE.serial}"'), encoding="utf-8")
    (folder / "grid.toml").write_text(camera_text(GRID), encoding="utf-8")
    (folder / "native.toml").write_text(camera_text(COLOR), encoding="utf-8")
    return folder


def arguments(folder: Path, where: str, *more: str, out: str = "x") -> list[str]:
    sources = [str(folder / f"{where}-{distance:g}.mcap") for distance in BIAS]
    files = ["--rig", str(folder / "rig.toml"), "--out", str(folder / f"{out}.toml")]
    board = ["--board", SPEC, "--camera", str(folder / f"{where}.toml")]
    sigma = ["--distance-sigma-mm", str(OWN_SIGMA_MM), "--frames", str(N_FRAMES)]
    return ["calibrate", "depth", *sources, *files, *board, *sigma, *more]


@pytest.mark.parametrize("where", ["grid", "native"])
def test_the_bias_is_found_without_a_ruler(
    folder: Path, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(folder, where, "--json", out=f"new-{where}")) == 0
    told = json.loads(capsys.readouterr().out)
    fx = {"grid": GRID.fx, "native": COLOR.fx}[where]
    for plane, (distance, bias) in zip(told["planes"], BIAS.items(), strict=True):
        sigma = plane["distance_sigma_mm"]
        assert abs(plane["distance_mm"] - distance) < K_SIGMA * sigma
        by_focal = SIGMA_F_PX / fx * distance
        assert plane["board"]["lens_mm"] == pytest.approx(by_focal, rel=0.2)
        parts = plane["board"]
        own = np.sqrt(sum(parts[k] ** 2 for k in ("corner_noise_mm", "scatter_mm", "lens_mm")))
        assert sigma == pytest.approx(np.hypot(own, OWN_SIGMA_MM))
        coefficients = told["bias_mm"]
        found = sum(c * (distance + bias) ** k for k, c in enumerate(coefficients))
        assert found == pytest.approx(bias, abs=K_SIGMA * sigma)
    held = read_rig(folder / f"new-{where}.toml").depth_calibration
    assert held is not None
    assert held.reference_sigma_mm == max(p["distance_sigma_mm"] for p in told["planes"])
    assert not any("differ by" in warning for warning in told["warnings"])


def test_a_board_beside_the_middle_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "aside.mcap", 380.0, is_native=False, aside_mm=-185.0)
    rest = arguments(folder, "grid")[5:]
    assert main(["calibrate", "depth", str(folder / "aside.mcap"), *rest]) == 4
    assert "before the middle" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (["--distance-mm", "380"], 2, "one too many"),
        (["--camera", "native.toml"], 4, "another size"),
        (["--board", "charuco:9x6:40:30:5x5_50"], 4, "too few frames"),
    ],
)
def test_what_does_not_fit_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], change: list[str], code: int, said: str
) -> None:
    words = [str(folder / word) if word.endswith(".toml") else word for word in change]
    assert main(arguments(folder, "grid", *words)) == code
    assert said in capsys.readouterr().err


def test_a_board_without_its_camera_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = arguments(folder, "grid")
    where = command.index("--camera")
    assert main(command[:where] + command[where + 2 :]) == 2
    assert "belong together" in capsys.readouterr().err
