"""Plane, angle blocks and standoff blocks: flat faces against what they are known to be.

The base of a block is the largest face in the cloud; a face at a known angle to it (0: parallel) is
judged, or one parallel to it at a known height. Heights are taken at the middle of the upper face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from calibration.nominal_check import AgainstNominal
from calibration.plane_search import Face
from calibration.qa_metric import Metric
from calibration.vdi_2634 import form_range_mm
from calibration.worst_figure import worst
from tracking.errors import CalibrationError
from tracking.transforms import angle_between_deg

MAX_ANGLE_ERROR_DEG = 5.0  # more: another face
MAX_STEP_ERROR_FRACTION = 0.3  # of the height: more is another block
PARALLEL_DEG = 4.0
MIN_EXTENT_MM, MAX_EXTENT_MM = 20.0, 20_000.0  # of a target on a bench or a wall of a room
MAX_FLATNESS_FRACTION = 0.05  # of the face's extent: no plane target is as rough


@dataclass(frozen=True)
class PlaneResult:
    """The largest plane of a cloud."""

    distance_mm: float
    distance_sigma_mm: float
    tilt_deg: float
    rms_mm: float
    flatness_mm: float
    outlier_fraction: float
    n_points: int
    extent_mm: float

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Flatness (VDI/VDE 2634-2), rms and place."""
        return (
            Metric("plane_distance_to_origin", self.distance_mm, "mm", self.distance_sigma_mm),
            Metric("plane_tilt", self.tilt_deg, "deg"),
            Metric("plane_rms", self.rms_mm, "mm"),
            Metric("flatness", self.flatness_mm, "mm"),
            Metric("plane_outliers", 100 * self.outlier_fraction, "%"),
        )


@dataclass(frozen=True)
class BlockFigure:
    """One face of a block against its nominal value, in deg or mm."""

    kind: str
    nominal: float
    measured: float
    sigma: float
    unit: str

    @property
    def name(self) -> str:
        """As its figure is called."""
        return f"{self.kind}_{self.nominal:g}{self.unit}"

    @property
    def error(self) -> float:
        """Measured less nominal."""
        return self.measured - self.nominal


@dataclass(frozen=True)
class BlocksResult:
    """All blocks that were asked for."""

    figures: tuple[BlockFigure, ...]
    base_rms_mm: float

    @property
    def against_nominal(self) -> tuple[AgainstNominal, ...]:
        """Every block beside its nominal value."""
        return tuple(
            AgainstNominal(f.name, f.measured, f.nominal, f.sigma, f.unit) for f in self.figures
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Measured value and error of each; the largest error of each kind."""
        found = [Metric("base_rms", self.base_rms_mm, "mm")]
        errors: dict[str, list[Metric]] = {}
        for f in self.figures:
            found.append(Metric(f.name, f.measured, f.unit, f.sigma))
            error = Metric(f"{f.name}_error", f.error, f.unit, f.sigma)
            found.append(error)
            errors.setdefault(f.kind, []).append(error)
        for kind, of_kind in errors.items():
            found += worst(f"{kind}_error", of_kind)
        return tuple(found)


def judge_plane(faces: Sequence[Face]) -> PlaneResult:
    """Return the figures of the largest face.

    Raises
    ------
    CalibrationError
        There is none, or it is too rough to be a plane.
    """
    face = _base(faces)
    extent = _extent_mm(face)
    flatness = form_range_mm(face.residuals_mm)
    if not flatness <= MAX_FLATNESS_FRACTION * extent:
        raise CalibrationError(
            "The cloud shows no plane.",
            actual=f"a layer {flatness:.1f} mm thick and {extent:.1f} mm wide",
            remedy="Let the plane fill the view.",
        )
    return PlaneResult(
        distance_mm=abs(face.offset_mm),
        distance_sigma_mm=face.height_sigma_mm(face.normal * face.offset_mm),
        tilt_deg=float(np.degrees(np.arccos(min(1.0, abs(face.normal[2]))))),
        rms_mm=face.rms_mm,
        flatness_mm=flatness,
        outlier_fraction=face.outlier_fraction,
        n_points=len(face.points_mm),
        extent_mm=extent,
    )


def judge_blocks(
    faces: Sequence[Face], angles_deg: Sequence[float] = (), steps_mm: Sequence[float] = ()
) -> BlocksResult:
    """Compare faces with nominal angles and heights against the largest face.

    Raises
    ------
    CalibrationError
        A nominal value that is none, a base of impossible size, or no face near a nominal value.
    """
    base, *others = (_base(faces), *faces[1:])
    _extent_mm(base)
    figures = []
    for nominal in angles_deg:
        if not (isfinite(nominal) and 0 <= nominal <= 90):
            raise CalibrationError("A block's angle is from 0 to 90 deg.", actual=f"{nominal}")
        angles = [(_angle_deg(base, face), face) for face in others]
        what = "tilted face" if nominal else "parallel face"
        measured, face = _nearest(angles, nominal, MAX_ANGLE_ERROR_DEG, "deg", what)
        figures.append(
            BlockFigure("angle_block", nominal, measured, _angle_sigma_deg(base, face), "deg")
        )
    for nominal in steps_mm:
        if not (isfinite(nominal) and nominal > 0):
            raise CalibrationError("A block's height must be positive.", actual=f"{nominal} mm")
        heights = [
            (abs(float(base.normal @ face.centre_mm) - base.offset_mm), face)
            for face in others
            if _angle_deg(base, face) <= PARALLEL_DEG
        ]
        limit = MAX_STEP_ERROR_FRACTION * nominal
        measured, face = _nearest(heights, nominal, limit, "mm", "parallel face")
        sigma = np.hypot(base.height_sigma_mm(face.centre_mm), face.height_sigma_mm(face.centre_mm))
        figures.append(BlockFigure("standoff_block", nominal, measured, float(sigma), "mm"))
    return BlocksResult(tuple(figures), base.rms_mm)


def _base(faces: Sequence[Face]) -> Face:
    if not faces:
        raise CalibrationError(
            "The cloud shows no plane.",
            remedy="Let the target fill the view, and check the unit (--unit).",
        )
    return faces[0]


def _extent_mm(face: Face) -> float:
    extent = float(np.linalg.norm(np.ptp(face.points_mm @ face.axes[:2].T, axis=0)))
    if not MIN_EXTENT_MM <= extent <= MAX_EXTENT_MM:
        raise CalibrationError(
            "The plane has a size that no target has.",
            expected=f"{MIN_EXTENT_MM:g} to {MAX_EXTENT_MM:g} mm",
            actual=f"{extent:.4g} mm",
            remedy="Check the unit (--unit): metres taken for mm are 1000 times too small.",
        )
    return extent


def _nearest(
    measured: Sequence[tuple[float, Face]], nominal: float, limit: float, unit: str, what: str
) -> tuple[float, Face]:
    near = sorted(measured, key=lambda found: abs(found[0] - nominal))
    if not near or not abs(near[0][0] - nominal) <= limit:
        seen = ", ".join(f"{value:.1f}" for value, _ in near) or "none"
        raise CalibrationError(
            f"No {what} of {nominal:g} {unit} is in the cloud.",
            expected=f"{nominal:g} {unit} within {limit:g} {unit}",
            actual=f"faces at {seen}" + (f" {unit}" if near else ""),
            remedy="Check the block, the unit (--unit), and that the base is the largest face.",
        )
    return near[0]


def _angle_deg(first: Face, second: Face) -> float:
    angle = angle_between_deg(first.normal, second.normal)
    return min(angle, 180.0 - angle)


def _angle_sigma_deg(first: Face, second: Face) -> float:
    """Of the angle, by both tilts in the plane that holds both normals.

    Near 0 that plane is chance: the worst direction counts instead, as for every size of a vector.
    """
    if _angle_deg(first, second) < PARALLEL_DEG:
        slopes = [np.linalg.eigvalsh(face.covariance[1:, 1:])[-1] for face in (first, second)]
        return float(np.degrees(np.sqrt(sum(slopes))))
    edge = np.cross(first.normal, second.normal)
    edge /= np.linalg.norm(edge)
    variance = sum(face.tilt_variance(np.cross(edge, face.normal)) for face in (first, second))
    return float(np.degrees(np.sqrt(variance)))
