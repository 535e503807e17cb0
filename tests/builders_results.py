"""Frame results built by hand: a painted cone over a painted bed, and the record of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import atan2, degrees, hypot, radians, sin, tan
from typing import Any

import cv2
import numpy as np

from pipeline.overlay.cone import convex_bodies
from pipeline.sinks.sink import FrameResult, RunContext
from tracking.alignment import Alignment, ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.arrays import Float, UInt8
from tracking.bed import BedStatus, BedSurface, quadratic_basis
from tracking.camera import CameraIntrinsics
from tracking.decision import GateDecision, Verdict
from tracking.depth_noise import StereoNoise
from tracking.frame import GroundTruth, RgbdFrame, SourceFrame
from tracking.measurement import NOT_OBSERVABLE, measured
from tracking.plan import Limits, Plan, Tolerance, VectorTolerance
from tracking.reasons import Reason
from tracking.record import STAGES, FrameRecord, RecordIds
from tracking.registration import Registration, RegistrationStatus
from tracking.rig import Rig
from tracking.segmentation import Label, Segmentation
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

IDS = RecordIds("0.1.0", "model-1", "plan@1", "rig@1", "catalogue@1")
FRAME_NS = 33_333_333
BED_RADIUS_MM = 90.0

APPLICATOR = Applicator("MOB-D60-B15", "mobetron", 60.0, 2.0, 300.0, 15.0, 110.0, 20.0)
LIMITS = Limits(
    docking_tilt_deg=Tolerance(0.0, 1.0),
    docking_lateral_mm=Tolerance(0.0, 2.0),
    docking_gap_mm=Tolerance(40.0, 3.0),
    incidence_deg=VectorTolerance((0.0, 0.0), 5.0),
    air_gap_mm=Tolerance(0.0, 3.0),
    ssd_error_mm=Tolerance(0.0, 3.0),
)
PLAN = Plan("plan@1", "demo-1", "phantom", True, "mobetron", "MOB-D60-B15", LIMITS)


@dataclass(frozen=True)
class Geometry:
    """What a frame shows, by the definitions of the quantities."""

    tilt_x_deg: float = 0.05
    tilt_y_deg: float = -0.1
    lateral_x_mm: float = 0.2
    lateral_y_mm: float = -0.1
    docking_gap_mm: float = 40.2
    incidence_x_deg: float = 0.4
    incidence_y_deg: float = -0.3
    air_gap_mm: float = 0.3

    def quantities(self) -> dict[str, float]:
        """True values by record name."""
        return {
            "docking_tilt_deg": hypot(self.tilt_x_deg, self.tilt_y_deg),
            "tilt_x_deg": self.tilt_x_deg,
            "tilt_y_deg": self.tilt_y_deg,
            "docking_lateral_mm": hypot(self.lateral_x_mm, self.lateral_y_mm),
            "lateral_x_mm": self.lateral_x_mm,
            "lateral_y_mm": self.lateral_y_mm,
            "docking_gap_mm": self.docking_gap_mm,
            "incidence_deg": hypot(self.incidence_x_deg, self.incidence_y_deg),
            "incidence_x_deg": self.incidence_x_deg,
            "incidence_y_deg": self.incidence_y_deg,
            "beam_incidence_deg": 15.0,
            "air_gap_mm": self.air_gap_mm,
            "air_gap_max_mm": self.air_gap_mm + 0.5,
            "air_gap_min_mm": self.air_gap_mm - 0.5,
            "ssd_error_mm": self.docking_gap_mm - 40.0 + self.air_gap_mm,
        }

    def head_from_applicator(self) -> Float:
        """Pose that has these tilts, lateral offsets and gap."""
        axis = np.array([tan(radians(self.tilt_y_deg)), -tan(radians(self.tilt_x_deg)), 1.0])
        axis /= np.linalg.norm(axis)
        turn = np.cross([0.0, 0.0, 1.0], axis)
        size = float(np.linalg.norm(turn))
        vector = turn / size * np.arcsin(size) if size > 0 else turn
        top = np.array([self.lateral_x_mm, self.lateral_y_mm, -self.docking_gap_mm])
        return rigid(rotation_from_vector(vector), top - APPLICATOR.length_mm * axis)


def make_rig(labels: dict[str, str] | None = None) -> Rig:
    """Camera beside the head, looking obliquely down at the cone."""
    eye, target = np.array([130.0, -330.0, 60.0]), np.array([0.0, 0.0, -210.0])
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(forward, right), forward], axis=1)
    return Rig(
        "rig@1",
        "any",
        "head",
        rigid(rotation, eye),
        0.05,
        0.2,
        datetime(2026, 1, 1, tzinfo=UTC),
        30.0,
        StereoNoise(50.0, 0.08, 1.5),
        {"plus_x": "right", "plus_y": "back"} if labels is None else labels,
    )


def make_context(
    origin: str = "simulated",
    source_uri: str = "sim:docking",
    limits: Limits = LIMITS,
    labels: dict[str, str] | None = None,
) -> RunContext:
    """A run over the painted scene."""
    plan = replace(PLAN, limits=limits)
    assumed = ("qa_state", "expiry") if origin != "live" else ()
    return RunContext(source_uri, origin, 30.0, make_rig(labels), plan, APPLICATOR, assumed)


def make_alignment(geometry: Geometry, sigma: float = 0.1) -> Alignment:
    """Alignment that measures `geometry` exactly."""
    values = {name: measured(value, sigma) for name, value in geometry.quantities().items()}
    identity = ApplicatorIdentity("MOB-D60-B15", 60.0, 15.0, True)
    return Alignment(**values, applicator_id=identity)


def make_result(
    verdict: Verdict = Verdict.READY,
    reasons: tuple[Reason, ...] = (),
    geometry: Geometry | None = None,
    *,
    frame_index: int = 0,
    arming_passed: int = 10,
    alignment: Alignment | None = None,
    has_pose: bool = True,
    has_color: bool = True,
    truth: Geometry | None = None,
    phase: str = "",
    size: tuple[int, int] = (424, 240),
) -> FrameResult:
    """One result; `truth` given: its quantities and pose stand beside the frame."""
    geometry = geometry or Geometry()
    if alignment is None:
        alignment = make_alignment(geometry) if has_pose else Alignment()
    camera_from_head = invert(make_rig().head_from_camera)
    pose = camera_from_head @ geometry.head_from_applicator()
    frame, labels = painted_frame(pose if has_pose else None, geometry, has_color, size)
    frame = replace(frame, frame_index=frame_index, stamp_ns=frame_index * FRAME_NS)
    ground_truth = None
    if truth is not None:
        true_pose = camera_from_head @ truth.head_from_applicator()
        ground_truth = GroundTruth(true_pose, truth.quantities(), phase=phase)
    record = FrameRecord(
        frame_index,
        frame.stamp_ns,
        GateDecision(verdict, reasons, verdict is Verdict.READY, arming_passed),
        make_registration(pose if has_pose else None),
        make_bed(geometry) if has_pose else BedSurface(BedStatus.NO_POSE),
        alignment,
        {stage: 1.0 + index for index, stage in enumerate(STAGES)},
        IDS,
    )
    source_frame = SourceFrame(frame, labels, True, ground_truth)
    return FrameResult(source_frame, Segmentation(labels, "model-1"), record)


def make_registration(pose: Float | None) -> Registration:
    """OK with a pose, NO_APPLICATOR without."""
    if pose is None:
        return Registration(RegistrationStatus.NO_APPLICATOR)
    covariance = np.diag([1e-6] * 3 + [0.01] * 3)
    return Registration(RegistrationStatus.OK, pose, covariance, 0.97, 5000)


def make_bed(geometry: Geometry) -> BedSurface:
    """Plane under the exit plane with the geometry's incidence and air gap."""
    coefficients = bed_coefficients(geometry)
    return BedSurface(BedStatus.OK, coefficients, np.eye(6) * 1e-4, 240.0, 0.3, 8000)


def bed_coefficients(geometry: Geometry) -> Float:
    """Coefficients of that plane in applicator space."""
    slope = -APPLICATOR.bevel_slope + sin(radians(-geometry.incidence_y_deg))
    tilt = sin(radians(geometry.incidence_x_deg))
    return np.array([-geometry.air_gap_mm, slope, tilt, 0.0, 0.0, 0.0])


def hidden(alignment: Alignment, *names: str) -> Alignment:
    """The same with some quantities not observable."""
    gone: dict[str, Any] = dict.fromkeys(names, NOT_OBSERVABLE)
    return replace(alignment, **gone)


def painted_frame(
    pose: Float | None, geometry: Geometry, has_color: bool, size: tuple[int, int]
) -> tuple[RgbdFrame, UInt8]:
    """Flat-shaded picture, depth and labels of the scene."""
    width, height = size
    focal = 0.72 * width
    intrinsics = CameraIntrinsics(width, height, focal, focal, width / 2 - 0.5, height / 2 - 0.5)
    rows = np.linspace(0, 1, height)[:, None, None]
    color = (np.array([38, 92, 104]) * (0.75 + 0.35 * rows) + np.zeros((1, width, 1))).astype(
        np.uint8
    )
    depth = np.full((height, width), 620, dtype=np.uint16)
    labels = np.zeros((height, width), dtype=np.uint8)
    if pose is not None:
        angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        wobble = BED_RADIUS_MM * (1 + 0.08 * np.sin(3 * angles))
        x, y = wobble * np.cos(angles), wobble * np.sin(angles)
        z = quadratic_basis(x, y) @ bed_coefficients(geometry)
        bed_px = _pixels(intrinsics, pose, np.stack([x, y, z], axis=1))
        cv2.fillPoly(color, [bed_px], (172, 62, 58), cv2.LINE_AA)
        cv2.fillPoly(depth, [bed_px], 560)
        cv2.fillPoly(labels, [bed_px], int(Label.TUMOR_BED))
        for body, shade in zip(convex_bodies(APPLICATOR), (150, 185), strict=True):
            hull = cv2.convexHull(_pixels(intrinsics, pose, body))
            cv2.fillConvexPoly(color, hull, (shade, shade, shade + 6), cv2.LINE_AA)
            cv2.fillConvexPoly(depth, hull, 430)
            cv2.fillConvexPoly(labels, hull, int(Label.APPLICATOR))
    if not has_color:
        return RgbdFrame(0, "", 0, 0, intrinsics, depth, 1.0, None), labels
    noise = np.random.default_rng(7).integers(-6, 7, color.shape)
    speckled = np.clip(color.astype(np.int64) + noise, 0, 255).astype(np.uint8)
    return RgbdFrame(0, "", 0, 0, intrinsics, depth, 1.0, speckled), labels


def _pixels(
    intrinsics: CameraIntrinsics, pose: Float, points_mm: Float
) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    projected = intrinsics.project(transform_points(pose, points_mm))
    return np.round(projected).astype(np.int32)


def axis_tilts_deg(axis_head: Float) -> tuple[float, float]:
    """tilt_x and tilt_y of an axis in head space, by their definition."""
    x, y, z = axis_head.tolist()
    return degrees(atan2(-y, z)), degrees(atan2(x, z))
