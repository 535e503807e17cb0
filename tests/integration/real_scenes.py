"""Real objects on real tables, as scenes for the tracker: read, labelled, replayed, measured."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.replay import replay
from pipeline.request import RunRequest
from recordings.bop.writer import BopWriter
from tracking.camera import CameraIntrinsics
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

UPRIGHT_DEG = 2.0  # required of an object that stands on a table
N_PLANE_TRIALS = 300
N_CIRCLE_TRIALS = 500
CIRCLE_INLIER_MM = 1.5  # a few sigma of the depth noise here
MIN_CHORD_MM2 = 1.0

RIG_HEAD = """\
schema = 1
camera_serial = "any"
mount = "head"
head_from_camera = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]]
angle_sigma_deg = 0.05
position_sigma_mm = 0.2
calibrated_at = 2026-01-01T08:00:00Z
valid_days = 30
[depth]
"""

# A Kinect triangulates, and its noise lies as this says: `test_real_depth_noise.py` shows both.
KINECT_DEPTH = """\
baseline_mm = 75.0
focal_px = 580.0
subpixel_px = 0.088
correlation_px = 1.6
bias_mm = [0.0]
"""

# A textured projector and a stereo pair, whose matching window blurs more.
TEXTURED_DEPTH = """\
baseline_mm = 90.0
subpixel_px = 0.112
correlation_px = 3.0
bias_mm = [0.0]
"""

PLAN = """\
schema = 1
plan_id = "kitchen"
patient_id = "none"
approved = true
machine = "kitchen"
applicator = "OBJECT"
[limits]
docking_tilt_deg = {planned = 0.0, tolerance = 1.0}
docking_lateral_mm = {planned = 0.0, tolerance = 2.0}
docking_gap_mm = {planned = 40.0, tolerance = 3.0}
incidence_deg = {planned = [0.0, 0.0], tolerance = 5.0}
air_gap_mm = {planned = 0.0, tolerance = 3.0}
ssd_error_mm = {planned = 0.0, tolerance = 3.0}
"""


@dataclass(frozen=True, eq=False)
class RealScene:
    """One picture in mm: depth 0 where there is none; `labels` are the data's own codes."""

    intrinsics: CameraIntrinsics
    depth_mm: NDArray[np.float32]
    color_rgb: NDArray[np.uint8] | None
    labels: NDArray[np.uint32]

    @property
    def points_mm(self) -> Points:
        return self.intrinsics.ray_grid * self.depth_mm[..., None].astype(np.float64)


def read_cloud(path: Path) -> RealScene:
    """Read an organised PCD file; its camera follows from the points, which lie on pixel rays."""
    import open3d as o3d

    cloud = o3d.t.io.read_point_cloud(path)
    height, width = 480, 640
    points = cloud.point.positions.numpy().reshape(height, width, 3).astype(np.float64) * 1e3
    known = np.isfinite(points).all(axis=-1) & (points[..., 2] > 0)
    v, u = np.nonzero(known)
    x, y, z = points[known].T
    (fx, cx), (fy, cy) = (np.polyfit(a, b, 1) for a, b in ((x / z, u), (y / z, v)))
    intrinsics = CameraIntrinsics(width, height, float(fx), float(fy), float(cx), float(cy))
    color = cloud.point.colors.numpy().reshape(height, width, 3)
    has_labels = "label" in cloud.point
    codes = cloud.point.label.numpy() if has_labels else np.zeros(height * width, np.uint32)
    return RealScene(
        intrinsics,
        np.where(known, points[..., 2], 0.0).astype(np.float32),
        color.astype(np.uint8),
        codes.reshape(height, width).astype(np.uint32),
    )


def fit_plane(points_mm: Points, inlier_mm: float) -> tuple[Points, float]:
    """Plane n.p + d = 0 through most of the points, n towards the camera (seeded RANSAC)."""
    rng = np.random.default_rng(0)
    best, best_count = np.zeros(4), -1
    for _ in range(N_PLANE_TRIALS):
        a, b, c = points_mm[rng.integers(0, len(points_mm), 3)]
        normal = np.cross(b - a, c - a)
        if (length := float(np.linalg.norm(normal))) < MIN_CHORD_MM2:
            continue
        normal /= length
        count = int((np.abs((points_mm - a) @ normal) < inlier_mm).sum())
        if count > best_count:
            best, best_count = np.append(normal, -normal @ a), count
    inliers = points_mm[np.abs(points_mm @ best[:3] + best[3]) < inlier_mm]
    centre = inliers.mean(axis=0)
    normal = np.linalg.svd(inliers - centre, full_matrices=False)[2][2]
    normal = normal if normal @ centre < 0 else -normal
    return normal, float(-normal @ centre)


def fit_circle(flat_mm: Points, smallest_mm: float, largest_mm: float) -> tuple[Points, float]:
    """Centre and radius of the circle through most of the points (n, 2) (seeded RANSAC)."""
    rng = np.random.default_rng(0)
    best, best_radius, best_count = np.zeros(2), 0.0, -1
    for _ in range(N_CIRCLE_TRIALS):
        a, b, c = flat_mm[rng.integers(0, len(flat_mm), 3)]
        system = 2 * np.array([b - a, c - a])
        if abs(np.linalg.det(system)) < MIN_CHORD_MM2:
            continue
        centre = np.linalg.solve(system, [b @ b - a @ a, c @ c - a @ a])
        radius = float(np.linalg.norm(a - centre))
        distances = np.linalg.norm(flat_mm - centre, axis=1)
        count = int((np.abs(distances - radius) < CIRCLE_INLIER_MM).sum())
        if smallest_mm < radius < largest_mm and count > best_count:
            best, best_radius, best_count = centre, radius, count
    return best, best_radius


def across(normal: Points) -> Points:
    """Two unit vectors perpendicular to `normal`, as rows (2, 3)."""
    basis: Points = np.linalg.svd(normal[None])[2][1:]
    return basis


def angle_deg(a: Points, b: Points) -> float:
    """Angle between two unit vectors."""
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))


def tracker_labels(applicator: Mask, bed: Mask, occluder: Mask | None = None) -> NDArray[np.uint8]:
    """Label image as the tracker reads it."""
    labels = np.zeros(applicator.shape, np.uint8)
    labels[bed] = Label.TUMOR_BED
    labels[applicator] = Label.APPLICATOR
    if occluder is not None:
        labels[occluder] = Label.OCCLUDER
    return labels


def catalogue_text(
    outer_diameter_mm: float, wall_mm: float, length_mm: float, mesh: str = ""
) -> str:
    """A catalogue whose only applicator is the object, a straight tube or its mesh."""
    return f"""\
schema = 1
[applicator.OBJECT]
machine = "kitchen"
inner_diameter_mm = {outer_diameter_mm - 2 * wall_mm}
wall_mm = {wall_mm}
length_mm = {length_mm}
bevel_deg = 0.0
ring_diameter_mm = 0
ring_height_mm = 0
material = "metal"
mesh = "{mesh}"
"""


def replayed(
    scene: RealScene,
    labels: NDArray[np.uint8],
    depth_unit_mm: float,
    rig_depth: str,
    catalogue: str,
    folder: Path,
    *,
    labels_tell_bed: bool = True,
) -> dict[str, Any]:
    """Write the scene as a BOP folder, replay it as a user would, and return its record."""
    raw = np.rint(scene.depth_mm / depth_unit_mm).astype(np.uint16)
    frame = RgbdFrame(0, "", 0, 0, scene.intrinsics, raw, depth_unit_mm, scene.color_rgb)
    with BopWriter(folder / "scene", scene.intrinsics, depth_unit_mm) as writer:
        writer.write(SourceFrame(frame, labels, labels_tell_bed))
    texts = {"rig.toml": RIG_HEAD + rig_depth, "plan.toml": PLAN, "catalogue.toml": catalogue}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    request = RunRequest(
        source=str(folder / "scene"),
        rig_path=folder / "rig.toml",
        plan_path=folder / "plan.toml",
        out_dir=folder / "out",
        catalogue_path=folder / "catalogue.toml",
        segmenter="masks",
        independent=True,
        video=False,
        quiet=True,
    )
    assert replay(request) == 0
    (line,) = (folder / "out" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    record: dict[str, Any] = json.loads(line)
    return record


def pose_of(record: dict[str, Any]) -> Points:
    """camera_from_applicator of a record whose registration must be OK."""
    registration = record["registration"]
    if registration["status"] != "OK":
        pytest.fail(f"registration {registration['status']}: {registration}")
    return np.array(registration["camera_from_applicator"])


def without_color(scene: RealScene) -> RealScene:
    """The scene without its colour, where that is not of the same exposure."""
    return replace(scene, color_rgb=None)
