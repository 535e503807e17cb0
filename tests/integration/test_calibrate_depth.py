"""`calibrate depth` from recorded sessions to a rig file that is read again."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from calibration.rig_check import expires_at
from calibration.rig_file import read_rig
from pipeline.cli.app import main
from recordings.simulation.device import WIDE
from tests.config_texts import RIG, replaced
from tests.plane_sessions import noisy_plane, write_depth_session
from tracking.depth_noise import StereoNoise

N_FRAMES = 8
REFERENCE_SIGMA_MM = 0.1
BIAS = {400.0: 1.0, 500.0: 1.5, 600.0: 2.0}  # measured - true = -1 + 0.005 z, nearly


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planes")
    for distance, bias in BIAS.items():
        planes = noisy_plane(distance, bias, N_FRAMES, seed=1)
        write_depth_session(folder / f"{distance:g}.mcap", planes)
    (folder / "rig.toml").write_text(replaced(RIG, '"any"', f'"{WIDE.serial}"'), encoding="utf-8")
    return folder


def _arguments(folder: Path, out: str, *more: str) -> list[str]:
    sources = [str(folder / f"{distance:g}.mcap") for distance in BIAS]
    distances = [word for d in BIAS for word in ("--distance-mm", f"{d:g}")]
    rest = ["--rig", str(folder / "rig.toml"), "--out", str(folder / out), *more]
    return ["calibrate", "depth", *sources, *distances, "--frames", str(N_FRAMES), *rest]


def test_the_rig_holds_what_was_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--distance-sigma-mm", str(REFERENCE_SIGMA_MM), "--json", "--valid-days", "10")
    stated = ("--temperature-c", "30", "38", "--warm-up-min", "20")
    assert main(_arguments(folder, "new.toml", *more, *stated)) == 0
    told = json.loads(capsys.readouterr().out)
    rig = read_rig(folder / "new.toml")
    assert isinstance(rig.depth, StereoNoise)
    assert rig.depth.subpixel_px == told["subpixel_px"] == pytest.approx(0.08, rel=0.1)
    assert rig.depth.correlation_px == pytest.approx(1.5, rel=0.1)
    assert list(rig.depth.bias_mm) == told["bias_mm"]
    held = rig.depth_calibration
    assert held is not None
    assert held.camera_serial == WIDE.serial
    assert (held.temperature_c, held.warm_up_min) == ((30.0, 38.0), 20.0)
    assert expires_at(rig) <= held.calibrated_at + timedelta(days=10)
    for distance, bias in BIAS.items():
        corrected = float(sum(c * (distance + bias) ** k for k, c in enumerate(rig.depth.bias_mm)))
        assert corrected == pytest.approx(bias, abs=3 * REFERENCE_SIGMA_MM)
    names = {m["name"] for plane in told["planes"] for m in plane["metrics"]}
    assert names >= {"fill_rate", "plane_fit_rms", "temporal_noise", "z_accuracy", "subpixel_rms"}
    assert any("former bias" in warning for warning in told["warnings"])


def test_everything_else_of_the_rig_stays(folder: Path) -> None:
    assert main(_arguments(folder, "same.toml")) == 0
    old, new = read_rig(folder / "rig.toml"), read_rig(folder / "same.toml")
    assert (new.head_from_camera == old.head_from_camera).all()
    for name in ("camera_serial", "angle_sigma_deg", "position_sigma_mm", "labels", "valid_days"):
        assert getattr(new, name) == getattr(old, name)
    assert new.id != old.id


def test_another_camera_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_depth_session(folder / "other.mcap", noisy_plane(400.0, 0.0, 2, 1), serial="OTHER")
    arguments = ["calibrate", "depth", str(folder / "other.mcap"), "--distance-mm", "400"]
    rest = ["--rig", str(folder / "rig.toml"), "--out", str(folder / "x.toml")]
    assert main([*arguments, *rest]) == 4
    assert "another camera" in capsys.readouterr().err
    assert not (folder / "x.toml").exists()


def test_a_single_distance_is_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["calibrate", "depth", str(folder / "400.mcap"), "--distance-mm", "400"]
    rest = ["--rig", str(folder / "rig.toml"), "--out", str(folder / "one.toml")]
    assert main([*arguments, *rest]) == 0
    assert "A single distance (400 mm)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("distances", "code", "said"),
    [
        (["400", "500"], 2, "needs its distance"),
        (["0.4", "0.5", "0.6"], 4, "not where it is"),
        (["440", "540", "640"], 4, "a bias of -39"),
    ],
)
def test_wrong_distances_are_refused(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    distances: list[str],
    code: int,
    said: str,
) -> None:
    sources = [str(folder / f"{distance:g}.mcap") for distance in BIAS]
    words = [word for d in distances for word in ("--distance-mm", d)]
    rest = ["--rig", str(folder / "rig.toml"), "--out", str(folder / "x.toml")]
    assert main(["calibrate", "depth", *sources, *words, *rest]) == code
    assert said in capsys.readouterr().err
    assert not (folder / "x.toml").exists()


def test_a_file_that_is_not_this_rig_is_not_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "precious.toml").write_text("x", encoding="utf-8")
    assert main(_arguments(folder, "precious.toml")) == 2
    assert "exists" in capsys.readouterr().err
