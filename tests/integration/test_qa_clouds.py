"""Cloud files as a site has them: of either unit, of every kind, cut short; and odd options."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from pipeline.cloud_file import measure_cloud
from tests.sphere_clouds import cap
from tracking.arrays import Float
from tracking.errors import CalibrationError, UsageError

RADIUS_MM = 25.0
LIMIT_MM = 0.2


@pytest.fixture(scope="module")
def points() -> Float:
    rng = np.random.default_rng(3)
    ball = cap((10.0, 0.0, 500.0), RADIUS_MM, rng, n=3000, half_angle_deg=75.0, noise_mm=0.1)
    table = rng.uniform((-150, -150, 559.8), (150, 150, 560.2), (12_000, 3))
    return np.concatenate([ball, table])


def _ply(path: Path, points: Float, form: str) -> Path:
    head = f"ply\nformat {form} 1.0\nelement vertex {len(points)}\n"
    head += "property float x\nproperty float y\nproperty float z\nproperty uchar red\nend_header\n"
    if form == "ascii":
        body = "".join(f"{x:.6g} {y:.6g} {z:.6g} 7\n" for x, y, z in points).encode()
    else:
        order = "<" if "little" in form else ">"
        rows = np.zeros(len(points), [*((a, f"{order}f4") for a in "xyz"), ("red", "u1")])
        for k, axis in enumerate("xyz"):
            rows[axis] = points[:, k]
        body = rows.tobytes()
    path.write_bytes(head.encode() + body)
    return path


def _pcd(path: Path, points: Float) -> Path:
    n = len(points)
    head = f"VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH {n}\n"
    head += f"HEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {n}\nDATA ascii\n"
    path.write_text(head + "".join(f"{x:.5f} {y:.5f} {z:.5f}\n" for x, y, z in points))
    return path


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian", "pcd"])
@pytest.mark.parametrize("share", [0.98, 0.2])
def test_a_cloud_that_is_cut_short_is_never_measured(
    tmp_path: Path, points: Float, capsys: pytest.CaptureFixture[str], kind: str, share: float
) -> None:
    if kind == "pcd":
        path = _pcd(tmp_path / "c.pcd", points)
    else:
        path = _ply(tmp_path / "c.ply", points, kind)
    assert main(["qa", "plane", str(path), "--unit", "mm", "--json"]) == 0
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    capsys.readouterr()
    assert main(["qa", "plane", str(path), "--unit", "mm"]) == 5
    said = capsys.readouterr()
    assert said.out == ""
    assert "cut short" in said.err


def test_a_ply_with_words_among_its_numbers_is_refused(tmp_path: Path, points: Float) -> None:
    path = _ply(tmp_path / "c.ply", points, "ascii")
    path.write_text(path.read_text().replace(" 7\n", " seven\n", 1))
    assert main(["qa", "plane", str(path), "--unit", "mm"]) == 5


@pytest.mark.parametrize(
    ("kind", "unit"),
    [("ply", "mm"), ("pcd", "m"), ("npz", "mm"), ("npy", "m"), ("xyz", "m"), ("txt", "mm")],
)
def test_the_radius_tells_the_unit_of_every_kind_of_file(
    tmp_path: Path, points: Float, capsys: pytest.CaptureFixture[str], kind: str, unit: str
) -> None:
    scaled = points / (1.0 if unit == "mm" else 1000.0)
    path = tmp_path / f"cloud.{kind}"
    if kind == "ply":
        _ply(path, scaled, "ascii")
    elif kind == "pcd":
        _pcd(path, scaled)
    elif kind == "npz":
        np.savez(path, scaled)
    elif kind == "npy":
        np.save(path, scaled)
    else:
        title = "x, y, z\n" if kind == "txt" else "# scanned\n"
        path.write_text(title + "".join(f"{x:.6g}, {y:.6g}, {z:.6g}\n" for x, y, z in scaled))
    assert main(["qa", "spheres", str(path), "--radius-mm", str(RADIUS_MM), "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["unit"], found["unit_source"][:8]) == (unit, "the only")
    assert f"unit {unit}: the only unit" in said.err
    by_name = {m["name"]: m["value"] for m in found["metrics"]}
    assert by_name["sphere_1_radius"] == pytest.approx(RADIUS_MM, abs=LIMIT_MM)


def test_a_plane_tells_its_unit_by_its_width_and_is_not_guessed_where_none_is_likely(
    tmp_path: Path, points: Float, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plane.npy"
    table = points[3000:]
    for scale, unit in ((1.0, "mm"), (1e-3, "m")):
        np.save(path, table * scale)
        assert main(["qa", "plane", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["unit"] == unit
    for scale in (0.03, 1000.0):  # 9 mm or 9 m; 300 m or 300 km
        np.save(path, table * scale)
        assert main(["qa", "plane", str(path)]) == 4
        assert "neither in mm nor in m" in capsys.readouterr().err


def test_a_target_that_fits_in_either_unit_is_not_guessed(tmp_path: Path, points: Float) -> None:
    path = tmp_path / "cloud.npy"
    np.save(path, points)
    with pytest.raises(UsageError, match="does not say its unit"):
        measure_cloud(str(path), None, len)

    def never(_points: Float) -> int:
        raise CalibrationError("nothing")

    with pytest.raises(CalibrationError, match="neither"):
        measure_cloud(str(path), None, never)


def test_arrays_that_are_no_cloud_are_named(
    tmp_path: Path, points: Float, capsys: pytest.CaptureFixture[str]
) -> None:
    two = tmp_path / "two.npz"
    np.savez(two, points[:500], points[500:])
    flat = tmp_path / "flat.npy"
    np.save(flat, points[:, :2])
    words = tmp_path / "words.xyz"
    words.write_text("1 2 3\n4 five 6\n")
    swapped = tmp_path / "archive.npy"
    swapped.write_bytes(two.read_bytes())
    array = tmp_path / "array.npz"
    array.write_bytes(flat.read_bytes())
    huge = _ply(tmp_path / "huge.ply", points[:300], "ascii")
    huge.write_text(huge.read_text().replace("vertex 300", "vertex " + 30 * "9"))
    doubled = _ply(tmp_path / "doubled.ply", points[:300], "binary_little_endian")
    doubled.write_bytes(doubled.read_bytes().replace(b"uchar red", b"uchar x"))
    for path, says in (
        *((two, "arr_0"), (flat, "(15000, 2)"), (words, "line 2"), (swapped, ".npz")),
        *((array, "no NPZ"), (huge, "cut short"), (doubled, "one name")),
    ):
        assert main(["qa", "spheres", str(path), "--radius-mm", "25"]) == 5
        assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["spheres", "--radius-mm", "0"],
        ["spheres", "--radius-mm", "nan"],
        ["spheres", "--radius-mm", "25", "--spacing-mm", "-5"],
        ["blocks", "--step-mm", "-5"],
        ["blocks", "--angle-deg", "91"],
        ["blocks", "--angle-deg", "-1"],
    ],
)
def test_sizes_that_are_none_are_a_matter_of_usage(tmp_path: Path, options: list[str]) -> None:
    assert main(["qa", options[0], str(tmp_path / "none.ply"), *options[1:]]) == 2
