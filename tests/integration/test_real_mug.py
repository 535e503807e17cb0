"""A real mug on a real table, as a plain tube: it must come out upright and standing."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.replay import replay
from pipeline.request import RunRequest
from tests.integration.shared_data import shared
from tracking.camera import CameraIntrinsics

UPRIGHT_DEG = 2.0  # required of an upright object
STANDING_MM = 3.0  # required of an object that stands on the table
DEPTH_UNIT_MM = 0.1  # the data's own grid
TABLE_INLIER_MM = 1.5
SIDE_MM = (
    15.0,
    85.0,
)  # heights at which the mug is a plain cylinder: above its foot, below its rim
RIM_QUANTILE = 0.99  # of the heights of the points: the rim, without the last strays
WALL_MM = 4.0  # of a stoneware mug

RIG = """
schema = 1
camera_serial = "any"
mount = "head"
head_from_camera = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]]
angle_sigma_deg = 0.05
position_sigma_mm = 0.2
calibrated_at = 2026-01-01T08:00:00Z
valid_days = 30
[depth]
baseline_mm = 50.0
subpixel_px = 0.1
correlation_px = 1.5
bias_mm = [0.0]
"""

PLAN = """
schema = 1
plan_id = "mug"
patient_id = "none"
approved = true
machine = "kitchen"
applicator = "MUG"
[limits]
docking_tilt_deg = {planned = 0.0, tolerance = 1.0}
docking_lateral_mm = {planned = 0.0, tolerance = 2.0}
docking_gap_mm = {planned = 40.0, tolerance = 3.0}
incidence_deg = {planned = [0.0, 0.0], tolerance = 5.0}
air_gap_mm = {planned = 0.0, tolerance = 3.0}
ssd_error_mm = {planned = 0.0, tolerance = 3.0}
"""


@dataclass(frozen=True, eq=False)
class Mug:
    """What the data holds, in mm, and the mug's mask."""

    depth_mm: NDArray[np.float32]
    points_mm: NDArray[np.float64]
    intrinsics: CameraIntrinsics
    mask: NDArray[np.bool_]


@pytest.fixture(scope="module")
def mug() -> Mug:
    data = np.load(shared("sixdof_graspnet_mugs") / "red_mug.npz")
    k = data["K"]
    height, width = data["depth_m"].shape
    intrinsics = CameraIntrinsics(width, height, k[0, 0], k[1, 1], k[0, 2], k[1, 2])
    points = data["object_points_m"] * 1e3
    u, v = np.rint(intrinsics.project(points)).astype(int).T
    mask = np.zeros((height, width), np.uint8)
    mask[v, u] = 1
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    depth = (np.nan_to_num(data["depth_m"]) * 1e3).astype(np.float32)
    return Mug(depth, points, intrinsics, closed.astype(bool))


def test_the_mug_stands_upright_on_the_table(mug: Mug, tmp_path: Path) -> None:
    normal, offset = _table(mug)
    radius, length = _measure(mug, normal, offset)
    scene = _write_bop(mug, shared("sixdof_graspnet_mugs") / "red_mug_color.png", tmp_path)
    for name, text in (
        ("rig.toml", RIG),
        ("plan.toml", PLAN),
        ("mugs.toml", _entry(radius, length)),
    ):
        (tmp_path / name).write_text(text)
    request = RunRequest(
        source=str(scene),
        rig_path=tmp_path / "rig.toml",
        plan_path=tmp_path / "plan.toml",
        out_dir=tmp_path / "out",
        catalogue_path=tmp_path / "mugs.toml",
        segmenter="masks",
        independent=True,
        video=False,
        quiet=True,
    )
    assert replay(request) == 0
    record = json.loads((tmp_path / "out" / "records.jsonl").read_text().splitlines()[0])
    assert record["registration"]["status"] == "OK"
    alignment = record["alignment"]
    assert alignment["incidence_deg"]["value"] <= UPRIGHT_DEG
    assert abs(alignment["air_gap_mm"]["value"]) <= STANDING_MM
    axis = np.array(record["registration"]["camera_from_applicator"])[:3, 2]
    assert np.degrees(np.arccos(float(axis @ normal))) <= UPRIGHT_DEG
    assert record["verdict"] != "READY"


def _table(mug: Mug) -> tuple[NDArray[np.float64], float]:
    """Plane n.p + d = 0 of the table around the mug, n towards the camera (seeded RANSAC)."""
    points = mug.intrinsics.ray_grid * mug.depth_mm[..., None].astype(np.float64)
    near = cv2.dilate(mug.mask.astype(np.uint8), np.ones((81, 81), np.uint8)).astype(bool)
    table = points[near & ~mug.mask & (mug.depth_mm > 0)]
    rng = np.random.default_rng(0)
    best, best_count = np.zeros(4), -1
    for _ in range(200):
        a, b, c = table[rng.integers(0, len(table), 3)]
        normal = np.cross(b - a, c - a)
        normal /= np.linalg.norm(normal)
        count = int((np.abs((table - a) @ normal) < TABLE_INLIER_MM).sum())
        if count > best_count:
            best, best_count = np.append(normal, -normal @ a), count
    inliers = table[np.abs(table @ best[:3] + best[3]) < TABLE_INLIER_MM]
    centre = inliers.mean(axis=0)
    normal = np.linalg.svd(inliers - centre, full_matrices=False)[2][2]
    normal = normal if normal @ centre < 0 else -normal
    return normal, float(-normal @ centre)


def _measure(mug: Mug, normal: NDArray[np.float64], offset: float) -> tuple[float, float]:
    """Outer radius and height of the mug from its own points (circle without the handle)."""
    heights = mug.points_mm @ normal + offset
    across = np.linalg.svd(normal[None])[2][1:]
    side = (mug.points_mm @ across.T)[(heights > SIDE_MM[0]) & (heights < SIDE_MM[1])]
    rng = np.random.default_rng(0)
    best_radius, best_count = 0.0, -1
    for _ in range(2000):
        a, b, c = side[rng.integers(0, len(side), 3)]
        system = 2 * np.array([b - a, c - a])
        if abs(np.linalg.det(system)) < 1.0:
            continue
        centre = np.linalg.solve(system, [b @ b - a @ a, c @ c - a @ a])
        radius = float(np.linalg.norm(a - centre))
        count = int((np.abs(np.linalg.norm(side - centre, axis=1) - radius) < 1.5).sum())
        if 20.0 < radius < 80.0 and count > best_count:
            best_radius, best_count = radius, count
    return best_radius, float(np.quantile(heights, RIM_QUANTILE))


def _entry(radius_mm: float, length_mm: float) -> str:
    return f"""
schema = 1
[applicator.MUG]
machine = "kitchen"
inner_diameter_mm = {2 * (radius_mm - WALL_MM):.2f}
wall_mm = {WALL_MM}
length_mm = {length_mm:.2f}
bevel_deg = 0.0
ring_diameter_mm = 0
ring_height_mm = 0
material = "metal"
mesh = ""
"""


def _write_bop(mug: Mug, color_path: Path, folder: Path) -> Path:
    scene = folder / "scene"
    for name in ("rgb", "depth", "mask_visib"):
        (scene / name).mkdir(parents=True)
    k = mug.intrinsics
    camera = {"cam_K": k.matrix.ravel().tolist(), "depth_scale": DEPTH_UNIT_MM}
    (scene / "scene_camera.json").write_text(json.dumps({"0": camera}))
    raw = np.rint(mug.depth_mm / DEPTH_UNIT_MM).astype(np.uint16)
    cv2.imwrite(str(scene / "depth" / "000000.png"), raw)
    cv2.imwrite(str(scene / "mask_visib" / "000000_000000.png"), mug.mask.astype(np.uint8) * 255)
    shutil.copy(color_path, scene / "rgb" / "000000.png")
    return scene
