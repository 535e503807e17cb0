"""Labelled cups and tins of a Kinect scene: upright on their table, and equal where they are equal.

The scene holds a closed tin (label 20), a closed cake box (30) and two cups. The cups are of one
kind: in the colour picture they have the same white wall, height and width, and `test_the_cups...`
finds the same diameter for both from their points alone. A cup's labels part its outside from
its inside. The outside is the applicator here and the inside an occluder, because the sensor
sees the inside of these cups several mm too near, which a test of its own shows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.integration.real_scenes import (
    KINECT_DEPTH,
    UPRIGHT_DEG,
    Mask,
    Points,
    RealScene,
    across,
    angle_deg,
    catalogue_text,
    fit_circle,
    fit_plane,
    pose_of,
    read_cloud,
    replayed,
    tracker_labels,
)
from tests.integration.shared_data import shared

pytestmark = pytest.mark.real_data

DEPTH_UNIT_MM = 1.0  # the sensor's own grid
TABLE_CODES = range(1, 10)
TABLE_INLIER_MM = 6.0  # the sensor bends a flat table by up to 3 mm
STANDING_MM = 3.0  # required of an object that stands on the table: that bend
CUP_MM = (82.0, 4.0, 96.0)  # outer diameter, wall and height of an ordinary straight cup
SAME_MM = 3.0  # between diameters of equal cups: each is known to 1 to 2 mm from one side

# The law of KINECT_DEPTH said in depth: 0.088 / (580 * 75) = 2.02e-6.
IN_DEPTH = """\
model = "depth"
sigma_mm = [0.0, 0.0, 2.02e-6]
correlation_px = 1.6
bias_mm = [0.0]
"""


class Cup(NamedTuple):
    """Label codes of one cup."""

    outside: int
    inside: int


CUPS = {"near": Cup(50, 51), "far": Cup(61, 60)}


class Tin(NamedTuple):
    """A closed cylinder: label code, diameter and height in mm, read off its own points."""

    code: int
    diameter_mm: float
    height_mm: float


COOKIE_TIN, CAKE_BOX = Tin(20, 190.0, 68.0), Tin(30, 180.0, 100.0)


@pytest.fixture(scope="module")
def scene() -> RealScene:
    return read_cloud(shared("mosd_cylinders") / "learn33.pcd")


@pytest.fixture(scope="module")
def table(scene: RealScene) -> tuple[Points, float]:
    return fit_plane(scene.points_mm[_bed(scene)][::7], TABLE_INLIER_MM)


@pytest.fixture(scope="module")
def cookie_tin(scene: RealScene, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _replayed_tin(scene, COOKIE_TIN, KINECT_DEPTH, tmp_path_factory.mktemp("tin"))


@pytest.fixture(scope="module")
def cups(
    scene: RealScene, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Cup, dict[str, Any]]]:
    return {
        name: (cup, _replayed_cup(scene, cup, tmp_path_factory.mktemp(name)))
        for name, cup in CUPS.items()
    }


def test_a_tin_stands_upright(cookie_tin: dict[str, Any], table: tuple[Points, float]) -> None:
    _assert_stands(pose_of(cookie_tin), table)


def test_a_cake_box_stands_upright(
    scene: RealScene, table: tuple[Points, float], tmp_path: Path
) -> None:
    _assert_stands(pose_of(_replayed_tin(scene, CAKE_BOX, KINECT_DEPTH, tmp_path)), table)


def test_one_noise_said_in_depth_or_in_disparity_gives_one_pose(
    scene: RealScene, cookie_tin: dict[str, Any], tmp_path: Path
) -> None:
    in_depth = _replayed_tin(scene, COOKIE_TIN, IN_DEPTH, tmp_path)
    axes = [pose_of(record)[:3, 2] for record in (cookie_tin, in_depth)]
    sigmas = [record["registration"]["axis_sigma_deg"] for record in (cookie_tin, in_depth)]
    fraction = 0.5  # of a sigma: the models judge steps of depth differently, so samples differ
    assert angle_deg(axes[0], axes[1]) <= fraction * sigmas[0]
    assert sigmas[0] == pytest.approx(sigmas[1], rel=0.1)
    assert in_depth["ids"]["rig"] != cookie_tin["ids"]["rig"]


@pytest.mark.parametrize("name", CUPS)
def test_a_cup_stands_upright(
    cups: dict[str, tuple[Cup, dict[str, Any]]], table: tuple[Points, float], name: str
) -> None:
    _, record = cups[name]
    assert angle_deg(pose_of(record)[:3, 2], table[0]) <= UPRIGHT_DEG


def test_the_cups_are_equal_and_measured_as_equal(
    scene: RealScene,
    table: tuple[Points, float],
    cups: dict[str, tuple[Cup, dict[str, Any]]],
) -> None:
    own, measured = [], []
    for cup, record in cups.values():
        own.append(2 * _radius_mm(scene, table, scene.labels == cup.outside))
        measured.append(record["alignment"]["applicator_id"]["diameter_mm"])
    assert abs(own[0] - own[1]) <= SAME_MM
    assert None not in measured
    assert abs(measured[0] - measured[1]) <= SAME_MM
    outer = np.array(measured) + 2 * CUP_MM[1]
    assert np.abs(outer - own).max() <= SAME_MM


@pytest.mark.parametrize("cup", CUPS.values(), ids=CUPS)
def test_the_sensor_sees_the_inside_of_a_cup_too_near(
    scene: RealScene, table: tuple[Points, float], cup: Cup
) -> None:
    """Why the inside is no applicator here: it would have to be thicker than a finger's half."""
    normal = table[0]
    heights = scene.points_mm @ normal + table[1]
    middle = (heights > 60.0) & (heights < 80.0)
    away = np.median(scene.points_mm[scene.labels == cup.outside], axis=0)
    away -= (away @ normal) * normal
    away /= np.linalg.norm(away)
    front, rear = (
        scene.points_mm[middle & (scene.labels == code)] @ away
        for code in (cup.outside, cup.inside)
    )
    seen_mm = np.quantile(rear, 0.9) - np.quantile(front, 0.1)
    expected_mm = CUP_MM[0] - CUP_MM[1]
    assert expected_mm - 10.0 < seen_mm < expected_mm - 3.0


def _bed(scene: RealScene) -> Mask:
    return np.isin(scene.labels, TABLE_CODES)


def _assert_stands(pose: Points, table: tuple[Points, float]) -> None:
    normal, offset = table
    assert angle_deg(pose[:3, 2], normal) <= UPRIGHT_DEG
    assert abs(pose[:3, 3] @ normal + offset) <= STANDING_MM


def _radius_mm(scene: RealScene, table: tuple[Points, float], outside: Mask) -> float:
    """Radius of the circle through a cup's outside, off the borders that the sensor smears."""
    inner = cv2.erode(outside.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    return fit_circle(scene.points_mm[inner] @ across(table[0]).T, 20.0, 80.0)[1]


def _replayed_cup(scene: RealScene, cup: Cup, folder: Path) -> dict[str, Any]:
    labels = tracker_labels(
        scene.labels == cup.outside, _bed(scene), occluder=scene.labels == cup.inside
    )
    catalogue = catalogue_text(*CUP_MM)
    return replayed(scene, labels, DEPTH_UNIT_MM, KINECT_DEPTH, catalogue, folder)


def _replayed_tin(scene: RealScene, tin: Tin, depth: str, folder: Path) -> dict[str, Any]:
    labels = tracker_labels(scene.labels == tin.code, _bed(scene))
    (folder / "tin.ply").write_text(_closed_cylinder(tin), encoding="ascii")
    catalogue = catalogue_text(tin.diameter_mm, 1.0, tin.height_mm, mesh="tin.ply")
    return replayed(scene, labels, DEPTH_UNIT_MM, depth, catalogue, folder)


def _closed_cylinder(tin: Tin, n: int = 180) -> str:
    """A solid cylinder as PLY text: a tin has a lid, which no tube has."""
    angles = np.arange(n) * (2 * np.pi / n)
    circle = tin.diameter_mm / 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    rings = [np.column_stack([circle, np.full(n, z)]) for z in (0.0, tin.height_mm)]
    vertices = np.concatenate([*rings, [[0.0, 0.0, 0.0], [0.0, 0.0, tin.height_mm]]])
    i = np.arange(n)
    j = (i + 1) % n
    bottom, top = np.full(n, 2 * n), np.full(n, 2 * n + 1)
    faces: NDArray[np.int64] = np.concatenate(
        [
            np.stack(corners, axis=1)
            for corners in (
                (i, j, n + j),
                (i, n + j, n + i),
                (bottom, j, i),
                (top, n + i, n + j),
            )
        ]
    )
    lines = [
        *("ply", "format ascii 1.0", f"element vertex {len(vertices)}"),
        *(f"property double {axis}" for axis in "xyz"),
        f"element face {len(faces)}",
        *("property list uchar int vertex_indices", "end_header"),
        *(" ".join(f"{x:.6f}" for x in vertex) for vertex in vertices),
        *(f"3 {a} {b} {c}" for a, b, c in faces),
    ]
    return "\n".join(lines) + "\n"
