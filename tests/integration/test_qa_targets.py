"""`qa spheres|plane|blocks` on cloud files, sessions and real clouds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from tests.integration.shared_data import shared
from tests.plane_sessions import write_depth_session
from tests.sphere_clouds import cap, depth_view
from tracking.arrays import Float

RADIUS_MM = 40.0
CENTRES = ((-80.0, 10.0, 500.0), (90.0, -20.0, 520.0))
SPACING_MM = float(np.linalg.norm(np.subtract(*CENTRES)))
RADIUS_LIMIT_MM = 0.2


def _cloud() -> Float:
    rng = np.random.default_rng(0)
    spheres = [cap(c, RADIUS_MM, rng, n=4000, half_angle_deg=75.0, noise_mm=0.2) for c in CENTRES]
    table = rng.uniform((-200, -150, 579.8), (200, 150, 580.2), (20_000, 3))
    return np.concatenate([*spheres, table])


def _ply(path: Path, points: Float, comment: str = "") -> str:
    header = ["ply", "format ascii 1.0", *([f"comment {comment}"] if comment else [])]
    header += [f"element vertex {len(points)}", *(f"property float {a}" for a in "xyz")]
    rows = [" ".join(f"{x:.6g}" for x in p) for p in points]
    path.write_text("\n".join([*header, "end_header", *rows]) + "\n", encoding="ascii")
    return str(path)


def _pcd(path: Path, points: Float) -> str:
    n = len(points)
    header = f"VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH {n}\n"
    header += f"HEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {n}\nDATA binary\n"
    path.write_bytes(header.encode() + points.astype("<f4").tobytes())
    return str(path)


def _metrics(out: str) -> dict[str, float]:
    return {m["name"]: m["value"] for m in json.loads(out)["metrics"]}


@pytest.mark.parametrize("kind", ["ply_mm", "ply_told", "pcd_m", "npz", "npz_told"])
def test_spheres_of_every_kind_of_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    points = _cloud()
    points[::50] = np.nan
    if kind == "ply_mm":
        given = [_ply(tmp_path / "c.ply", points), "--unit", "mm"]
    elif kind == "ply_told":
        given = [_ply(tmp_path / "c.ply", points / 1e3, "unit m")]
    elif kind == "pcd_m":
        given = [_pcd(tmp_path / "c.pcd", points / 1e3), "--unit", "m"]
    elif kind == "npz":
        np.savez(tmp_path / "c.npz", points_mm=points)
        given = [str(tmp_path / "c.npz")]
    else:
        np.savez(tmp_path / "c.npz", points=points.reshape(-1, 10, 3) / 1e3, unit="m")
        given = [str(tmp_path / "c.npz")]
    more = ["--radius-mm", str(RADIUS_MM), "--spacing-mm", str(SPACING_MM), "--json"]
    assert main(["qa", "spheres", *given, *more, "--plots", str(tmp_path / "plots")]) == 0
    found = _metrics(capsys.readouterr().out)
    assert found["sphere_1_radius"] == pytest.approx(RADIUS_MM, abs=RADIUS_LIMIT_MM)
    assert found["sphere_2_radius"] == pytest.approx(RADIUS_MM, abs=RADIUS_LIMIT_MM)
    assert found["spacing_1_2_error"] == pytest.approx(0.0, abs=RADIUS_LIMIT_MM)
    assert {p.name for p in (tmp_path / "plots").iterdir()} == {"sphere_1.png", "sphere_2.png"}


def test_spheres_in_a_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    spheres = [(c, RADIUS_MM) for c in CENTRES]
    depth = [depth_view(spheres, rng, table_mm=580.0) for _ in range(5)]
    session = write_depth_session(tmp_path / "s.mcap", depth)
    assert main(["qa", "spheres", str(session), "--radius-mm", str(RADIUS_MM), "--json"]) == 0
    found = _metrics(capsys.readouterr().out)
    assert found["sphere_1_radius"] == pytest.approx(RADIUS_MM, abs=RADIUS_LIMIT_MM)
    assert found["spacing_1_2"] == pytest.approx(SPACING_MM, abs=RADIUS_LIMIT_MM)
    assert main(["qa", "spheres", str(session), "--radius-mm", "40", "--unit", "m"]) == 2


def test_a_unit_that_is_missing_wrong_or_contradicted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silent = _ply(tmp_path / "silent.ply", _cloud() / 1e3)
    radius = ["--radius-mm", str(RADIUS_MM)]
    assert main(["qa", "spheres", silent, *radius, "--unit", "mm"]) == 4
    assert "--unit" in capsys.readouterr().err
    assert main(["qa", "plane", silent, "--unit", "mm"]) == 4
    assert "1000 times" in capsys.readouterr().err
    told = _ply(tmp_path / "told.ply", _cloud(), "unit mm")
    assert main(["qa", "spheres", told, *radius, "--unit", "m"]) == 2
    assert "contradicts" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.ply", "broken.ply", "broken.pcd", "broken.npz", "nan.npz"])
def test_clouds_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = tmp_path / name
    if name.startswith("broken"):
        path.write_bytes(b"not a cloud")
    elif name == "nan.npz":
        np.savez(path, points_mm=np.full((500, 3), np.nan))
    assert main(["qa", "plane", str(path), "--unit", "mm"]) == 5
    assert "error" in capsys.readouterr().err


def test_blocks_need_a_name(tmp_path: Path) -> None:
    assert main(["qa", "blocks", str(tmp_path / "x.ply")]) == 2


@pytest.mark.real_data
def test_the_table_of_a_kinect_is_a_plane(capsys: pytest.CaptureFixture[str]) -> None:
    cloud = str(shared("mosd_cylinders") / "learn33.pcd")
    assert main(["qa", "plane", cloud, "--unit", "m", "--json"]) == 0
    found = _metrics(capsys.readouterr().out)
    assert 500 < found["plane_distance_to_origin"] < 800
    assert found["plane_rms"] < 3.0  # noise of 0.088 px at up to 1.5 m


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("radius", ["40", "100"])
@pytest.mark.parametrize(
    "name", ["mosd_cylinders/learn33.pcd", "pcl_scenes/table_scene_mug_stereo_textured.pcd"]
)
def test_no_sphere_is_seen_among_real_cups_and_tins(
    capsys: pytest.CaptureFixture[str], name: str, radius: str
) -> None:
    folder, file = name.split("/")
    cloud = str(shared(folder) / file)
    assert main(["qa", "spheres", cloud, "--unit", "m", "--radius-mm", radius]) == 4
    assert "No sphere of radius" in capsys.readouterr().err
