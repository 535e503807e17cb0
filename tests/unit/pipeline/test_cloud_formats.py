"""Clouds as programs write them: names, shapes and units that are read, and those that are told."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from pipeline.cloud_errors import Unit
from pipeline.cloud_file import read_cloud
from pipeline.cloud_formats import read_raw
from tracking.arrays import Float
from tracking.errors import SourceError, UsageError

POINTS: Float = np.random.default_rng(2).uniform(-50, 50, (40, 3))
MORE: Float = np.random.default_rng(3).uniform(0, 1, (40, 3))


def npz(tmp_path: Path, **arrays: ArrayLike) -> Path:
    path = tmp_path / "cloud.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as file:
                np.save(file, np.asarray(array))
    return path


def ply(tmp_path: Path, *comments: str) -> Path:
    path = tmp_path / "cloud.ply"
    lines = ["ply", "format ascii 1.0", *comments, "element vertex 2"]
    lines += [f"property float {axis}" for axis in "xyz"]
    path.write_text("\n".join([*lines, "end_header", "1 2 3", "4 5 6"]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    ["points", "points_mm", "xyz", "pts", "vertices", "positions", "cloud", "pointcloud", "Points"],
)
def test_an_array_is_known_by_its_name_beside_colours_and_normals(
    tmp_path: Path, name: str
) -> None:
    read = read_raw(npz(tmp_path, colors=MORE, **{name: POINTS}, normals=MORE))
    np.testing.assert_array_equal(read.points, POINTS)
    assert read.unit == ("mm" if name == "points_mm" else None)
    assert read.note == ""


def test_three_equal_vectors_are_a_cloud(tmp_path: Path) -> None:
    x, y, z = POINTS.T
    read = read_raw(npz(tmp_path, X=x, y=y, Z=z, intensity=x))
    np.testing.assert_array_equal(read.points, POINTS)
    assert "x, y, z" in read.note
    with pytest.raises(SourceError) as refused:
        read_raw(npz(tmp_path, x=x, y=y, z=z[:-1]))
    assert "three equal vectors" in refused.value.actual


def test_the_first_three_of_six_columns_are_the_points(tmp_path: Path) -> None:
    read = read_raw(npz(tmp_path, pts=np.hstack([POINTS, MORE])))
    np.testing.assert_array_equal(read.points, POINTS)
    assert read.note == "first three of the 6 columns of `pts`"


def test_columns_of_points_are_turned_and_it_is_said(tmp_path: Path) -> None:
    path = npz(tmp_path, cloud=POINTS.T, unit="mm")
    read = read_cloud(str(path), None)
    np.testing.assert_array_equal(read.points_mm, POINTS)
    assert read.note == "`cloud` is 3 x 40: transposed"


def test_other_columns_and_unnamed_arrays_of_that_shape_are_refused(tmp_path: Path) -> None:
    for arrays in ({"points": np.hstack([POINTS, MORE[:, :1]])}, {"something": POINTS.T}):
        with pytest.raises(SourceError, match="cannot be read"):
            read_raw(npz(tmp_path, **arrays))


def test_of_two_clouds_the_one_that_is_taken_is_said(tmp_path: Path) -> None:
    read = read_raw(npz(tmp_path, vertices=MORE, points=POINTS))
    np.testing.assert_array_equal(read.points, POINTS)
    assert read.note == "`points` taken, not vertices"


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        *((word, "mm") for word in ("mm", "Millimeter", "millimeters", "millimetre")),
        *((word, "m") for word in ("m", "metre", "meters", "METRES")),
    ],
)
def test_units_are_read_in_words(tmp_path: Path, word: str, unit: Unit) -> None:
    assert read_raw(npz(tmp_path, points=POINTS, Units=word)).unit == unit
    assert read_raw(npz(tmp_path, points=POINTS, unit=[word.encode()])).unit == unit
    for comment in (f"comment units: {word}", f"comment unit {word}", f"comment Unit={word}"):
        assert read_raw(ply(tmp_path, comment)).unit == unit


@pytest.mark.parametrize("word", ["cm", "centimetres", "inch"])
def test_another_unit_is_refused_by_its_name(tmp_path: Path, word: str) -> None:
    for path in (npz(tmp_path, points=POINTS, unit=word), ply(tmp_path, f"comment units: {word}")):
        with pytest.raises(SourceError) as refused:
            read_raw(path)
        assert f'unit "{word}", where mm or m may stand' in refused.value.actual


def test_a_comment_that_only_speaks_of_units_tells_none(tmp_path: Path) -> None:
    assert read_raw(ply(tmp_path, "comment unit normals", "comment made by hand")).unit is None


def test_units_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    for path in (
        npz(tmp_path, points_mm=POINTS, unit="m"),
        npz(tmp_path, points=POINTS, unit="m", units="mm"),
        ply(tmp_path, "comment unit mm", "comment units: m"),
    ):
        with pytest.raises(SourceError, match="cannot be read"):
            read_raw(path)


@pytest.mark.parametrize("kind", ["npz", "ply"])
def test_an_option_that_contradicts_the_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = (
        npz(tmp_path, points=POINTS, units="metre")
        if kind == "npz"
        else ply(tmp_path, "comment units: metre")
    )
    with pytest.raises(UsageError, match="contradicts") as refused:
        read_cloud(str(path), "mm")
    assert "--unit m" in refused.value.expected
