"""Hand-made inputs of the pure core, and a small ray-cast view of a cone that stands on a bed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter

from tracking.alignment import Alignment, ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float, UInt8
from tracking.bed import BedStatus, BedSurface, quadratic_basis
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise, StereoNoise
from tracking.doubt import STORED_LABELS
from tracking.identities import Identities
from tracking.measurement import measured
from tracking.plan import Limits, Plan, Tolerance, VectorTolerance
from tracking.registration import PoseStart, Registration, RegistrationStatus
from tracking.rig import Rig
from tracking.second_estimate import SecondOpinion, Status
from tracking.segmentation import Label, Segmentation
from tracking.snapshot import Evidence, SessionEvidence, Snapshot
from tracking.survey_alignment import SurveyStatus
from tracking.transforms import invert, rigid, rotation_from_vector

Depth = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

INTRINSICS = CameraIntrinsics(848, 480, 425.0, 425.0, 424.0, 240.0)
NOISE = StereoNoise(baseline_mm=50.0, subpixel_px=0.08, correlation_px=1.5)
DISPARITY_STEPS_PER_PX = 32  # as the camera's matcher quantises
BED_RADIUS_MM = 160.0  # the labelled bed's extent around the axis; beyond lies the drape
FRAME_NS = 33_333_333


def make_applicator(
    diameter_mm: float = 60.0, bevel_deg: float = 15.0, *, has_ring: bool = True
) -> Applicator:
    """One cone of the test catalogue, or the same without its ring."""
    ring = (max(110.0, diameter_mm + 30.0), 20.0) if has_ring else (0.0, 0.0)
    name = f"D{diameter_mm:.0f}-B{bevel_deg:.0f}{'' if has_ring else '-TUBE'}"
    return Applicator(name, "mobetron", diameter_mm, 2.0, 300.0, bevel_deg, *ring)


def make_catalogue() -> dict[str, Applicator]:
    """30 to 100 mm in steps of 5 mm, bevels 0, 15 and 30 deg."""
    cones = [make_applicator(d, b) for d in range(30, 101, 5) for b in (0.0, 15.0, 30.0)]
    return {cone.id: cone for cone in cones}


def pose_looking_at(
    distance_mm: float = 500.0,
    elevation_deg: float = 35.0,
    azimuth_deg: float = 0.0,
    target_z_mm: float = 120.0,
    camera_roll_deg: float = 0.0,
) -> Float:
    """`camera_from_applicator` of a camera that looks at a point of the axis.

    `elevation_deg` is measured from the axis: 0 looks down on the ring. `azimuth_deg` is the
    camera's direction about the axis, 0 on the side of applicator +x.
    """
    down, around = np.radians([elevation_deg, azimuth_deg])
    target = np.array([0.0, 0.0, target_z_mm])
    away = np.array([np.sin(down) * np.cos(around), np.sin(down) * np.sin(around), np.cos(down)])
    forward = -away
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
    rotation = rotation @ rotation_from_vector([0.0, 0.0, np.radians(camera_roll_deg)])
    return invert(rigid(rotation, target + distance_mm * away))


def bed_coefficients(
    applicator: Applicator,
    gap_mm: float = 1.0,
    slope_x: float = 0.0,
    slope_y: float = 0.0,
    curvature_per_mm: float = 0.0,
) -> Float:
    """Bed below the exit plane: slopes relative to it, curvature positive for a hollow."""
    half = curvature_per_mm / 2
    return np.array([-gap_mm, -applicator.bevel_slope + slope_x, slope_y, half, 0.0, half])


@dataclass(frozen=True, eq=False)
class View:
    """One rendered frame with its truth."""

    applicator: Applicator
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    camera_from_applicator: Float
    bed: Float
    depth_mm: Depth
    labels: UInt8

    @property
    def segmentation(self) -> Segmentation:
        """The true labels as the estimators take them."""
        return Segmentation(self.labels, "truth")


def make_view(
    applicator: Applicator,
    camera_from_applicator: Float,
    *,
    seed: int | None,
    bed: Float | None = None,
    intrinsics: CameraIntrinsics = INTRINSICS,
    noise: StereoNoise = NOISE,
) -> View:
    """Render the cone over its bed; `seed` None renders without noise."""
    bed = bed_coefficients(applicator) if bed is None else bed
    z, part = _cast(applicator, bed, camera_from_applicator, intrinsics)
    labels = np.zeros(z.shape, np.uint8)
    labels[part == 0] = Label.APPLICATOR
    labels[part == 1] = Label.TUMOR_BED
    focal_baseline = noise.focal_baseline(intrinsics.fx)
    disparity = np.where(np.isfinite(z), focal_baseline / z, 0.0)
    if seed is not None:
        rng = np.random.default_rng(seed)
        error = correlated_noise(rng, z.shape, noise.correlation_px) * noise.subpixel_px
        measured_px = np.round((disparity + error) * DISPARITY_STEPS_PER_PX)
        disparity = np.where(disparity > 0, measured_px / DISPARITY_STEPS_PER_PX, 0.0)
    depth = np.divide(focal_baseline, disparity, out=np.zeros_like(z), where=disparity > 0.5)
    return View(
        applicator,
        intrinsics,
        noise,
        camera_from_applicator,
        bed,
        depth.astype(np.float32),
        labels,
    )


def correlated_noise(
    rng: np.random.Generator, shape: tuple[int, int], correlation_px: float
) -> Float:
    """White noise filtered by a Gaussian and rescaled to a standard deviation of 1."""
    white: Float = rng.standard_normal(shape)
    if correlation_px <= 0:
        return white
    smooth: Float = gaussian_filter(white, correlation_px, mode="wrap", truncate=6.0)
    impulse = np.zeros((65, 65))
    impulse[32, 32] = 1.0
    gain = float(np.sqrt((gaussian_filter(impulse, correlation_px, truncate=6.0) ** 2).sum()))
    return smooth / gain


def with_occluder(view: View, centre_px: tuple[float, float], size_px: tuple[int, int]) -> View:
    """The same with a labelled glove in front of part of the image."""
    labels, depth = view.labels.copy(), view.depth_mm.copy()
    u, v = round(centre_px[0] - size_px[0] / 2), round(centre_px[1] - size_px[1] / 2)
    box = np.s_[max(0, v) : max(0, v + size_px[1]), max(0, u) : max(0, u + size_px[0])]
    labels[box], depth[box] = Label.OCCLUDER, 220.0
    return replace(view, labels=labels, depth_mm=depth)


def _cast(
    applicator: Applicator, bed: Float, camera_from_applicator: Float, intrinsics: CameraIntrinsics
) -> tuple[Float, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """Depth z (inf: nothing) and part (0 cone, 1 bed, 2 drape, -1 nothing) of every pixel."""
    import open3d as o3d

    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    cone = build_mesh(applicator)
    for vertices, triangles in (
        (cone.vertices_mm, cone.triangles),
        _height_field(bed, 0.0, BED_RADIUS_MM),
        _height_field(bed, BED_RADIUS_MM, 900.0),
    ):
        scene.add_triangles(
            o3d.core.Tensor(np.ascontiguousarray(vertices, dtype=np.float32)),
            o3d.core.Tensor(np.ascontiguousarray(triangles, dtype=np.uint32)),
        )
    applicator_from_camera = invert(camera_from_applicator)
    directions = intrinsics.ray_grid @ applicator_from_camera[:3, :3].T
    origins = np.broadcast_to(applicator_from_camera[:3, 3], directions.shape)
    rays = np.concatenate([origins, directions], axis=-1).astype(np.float32)
    answer = scene.cast_rays(o3d.core.Tensor(rays), nthreads=1)
    z = answer["t_hit"].numpy().astype(np.float64)
    part = np.where(np.isfinite(z), answer["geometry_ids"].numpy(), -1).astype(np.int64)
    return z, part


def _height_field(
    bed: Float, inner_mm: float, outer_mm: float, n_radii: int = 40, n_angles: int = 90
) -> tuple[Float, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """Polar grid over the bed; the drape beyond keeps the curved part's rim height."""
    radius, angle = np.meshgrid(
        np.linspace(inner_mm, outer_mm, n_radii),
        np.linspace(0, 2 * np.pi, n_angles + 1),
        indexing="ij",
    )
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    plane = bed * np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    bent = np.minimum(1.0, BED_RADIUS_MM / np.maximum(radius, 1e-9))
    heights = quadratic_basis(x, y) @ plane
    heights += quadratic_basis(x * bent, y * bent) @ (bed - plane)
    vertices = np.stack([x, y, heights], axis=-1).reshape(-1, 3)
    row, column = np.meshgrid(np.arange(n_radii - 1), np.arange(n_angles), indexing="ij")
    a = (row * (n_angles + 1) + column).ravel()
    b, c, d = a + n_angles + 1, a + n_angles + 2, a + 1
    return vertices, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def make_registration(
    camera_from_applicator: ArrayLike, covariance: ArrayLike | None = None, **changes: object
) -> Registration:
    """OK with everything observable; default covariance about 0.06 deg and 0.1 mm."""
    values: dict[str, Any] = {
        "inlier_fraction": 0.97,
        "n_points": 5000,
        "roll_observable": True,
        "axial_observable": True,
    }
    covariance = np.diag([1e-6] * 3 + [0.01] * 3) if covariance is None else covariance
    pose = np.asarray(camera_from_applicator)
    values |= {"camera_from_applicator": pose, "covariance": np.asarray(covariance)} | changes
    return Registration(RegistrationStatus.OK, **values)


def make_bed(coefficients: ArrayLike, covariance: ArrayLike | None = None) -> BedSurface:
    """Fitted bed with these coefficients; default: known exactly."""
    covariance = np.zeros((6, 6)) if covariance is None else covariance
    return BedSurface(
        BedStatus.OK, np.asarray(coefficients), np.asarray(covariance), 360.0, 0.2, 4000
    )


def make_rig(head_from_camera: ArrayLike | None = None, **changes: object) -> Rig:
    """Rig of the simulated camera; default pose: all axes turned, all offsets non-zero."""
    pose = (
        rigid(rotation_from_vector([2.1, -0.7, 0.4]), [110.0, -260.0, 35.0])
        if head_from_camera is None
        else head_from_camera
    )
    rig = Rig(
        id="rig@1",
        camera_serial="any",
        mount="head",
        head_from_camera=np.asarray(pose),
        angle_sigma_deg=0.05,
        position_sigma_mm=0.2,
        calibrated_at=datetime(2026, 1, 1, tzinfo=UTC),
        valid_days=30.0,
        depth=NOISE,
    )
    values: dict[str, Any] = dict(changes)
    return replace(rig, **values)


LIMITS = Limits(
    docking_tilt_deg=Tolerance(0.0, 1.0),
    docking_lateral_mm=Tolerance(0.0, 2.0),
    docking_gap_mm=Tolerance(40.0, 3.0),
    incidence_deg=VectorTolerance((0.0, 0.0), 5.0),
    air_gap_mm=Tolerance(0.0, 3.0),
    ssd_error_mm=Tolerance(0.0, 3.0),
)


def make_plan(**changes: object) -> Plan:
    """Approved plan for the default applicator."""
    plan = Plan("plan@1", "demo-1", "phantom", True, "mobetron", "D60-B15", LIMITS)
    values: dict[str, Any] = dict(changes)
    return replace(plan, **values)


ON_PLAN: Mapping[str, float] = {
    "docking_tilt_deg": 0.1,
    "tilt_x_deg": 0.1,
    "tilt_y_deg": 0.0,
    "docking_lateral_mm": 0.2,
    "lateral_x_mm": 0.2,
    "lateral_y_mm": 0.0,
    "docking_gap_mm": 40.0,
    "incidence_deg": 0.5,
    "incidence_x_deg": 0.5,
    "incidence_y_deg": 0.0,
    "beam_incidence_deg": 15.0,
    "air_gap_mm": 0.0,
    "air_gap_max_mm": 0.5,
    "air_gap_min_mm": -0.5,
    "ssd_error_mm": 0.0,
    "coverage_fraction": 1.0,
    "intrusion_mm": 0.0,
}
PLANNED_IDENTITY = ApplicatorIdentity("D60-B15", 60.0, 15.0, decided=True)


def make_alignment(
    sigma: float = 0.02,
    values: Mapping[str, float] | None = None,
    sigmas: Mapping[str, float] | None = None,
    applicator_id: ApplicatorIdentity = PLANNED_IDENTITY,
) -> Alignment:
    """Everything on plan with one sigma; `values` and `sigmas` change single quantities."""
    merged = {**ON_PLAN, **(values or {})}
    quantities: dict[str, Any] = {
        name: measured(value, (sigmas or {}).get(name, sigma)) for name, value in merged.items()
    }
    return Alignment(**quantities, applicator_id=applicator_id)


ALL_PROVEN = SessionEvidence(
    camera_serial=Evidence.PROVEN,
    rig_validity=Evidence.PROVEN,
    qa=Evidence.PROVEN,
    time_out=Evidence.PROVEN,
    second_estimate=Evidence.MISSING,  # the opinion of each frame proves it
    fiducial=Evidence.PROVEN,
)
IDENTITIES = Identities(
    plan="plan@1",
    patient="phantom",
    machine="mobetron",
    applicator="D60-B15",
    rig="rig@1",
    model="model@1",
)
AGREEING = SecondOpinion(
    status=Status.MADE,
    distance_mm=0.3,
    angle_deg=0.1,
    ring_bound_mm=0.8,
    axis_bound_deg=0.4,
    first_ring_bound_mm=0.3,
    first_axis_bound_deg=0.1,
)


def make_snapshot(frame: int = 0, **changes: object) -> Snapshot:
    """Frame number `frame` of a perfect session at 30 Hz."""
    values: dict[str, Any] = {
        "frame_index": frame,
        "stamp_ns": 1_000_000_000 + frame * FRAME_NS,
        "age_ms": 40.0,
        "depth_sha256": f"content-{frame}",
        "plan": make_plan(),
        "evidence": ALL_PROVEN,
        "registration": RegistrationStatus.OK,
        "pose_start": PoseStart.TRACKED,
        "bed": BedStatus.OK,
        "survey": SurveyStatus.NONE,
        "alignment": make_alignment(),
        "running": IDENTITIES,
        "confirmed": IDENTITIES,
        "doubt": STORED_LABELS,
        "second": AGREEING,
        "system_faults": frozenset(),
    }
    return Snapshot(**(values | changes))
