"""True coverage and intrusion, straight from the true geometry by their definitions.

No shared code with the estimator: the area at risk and whatever stands near the field are
sampled densely.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, hypot, isfinite

import numpy as np

from recordings.simulation.bed_shape import BedHeight
from recordings.simulation.scene import Part
from tracking.applicator import Applicator
from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import invert, transform_points

N_SAMPLES = 40_000  # of a marked circle: its share within a field to 2e-4
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))  # turns of a spiral that line up with no edge
N_CORNERS = 72  # of its outline on a picture: within 0.03 mm of the circle
SLOPE_STEP_MM = 1e-3  # central difference of the bed's height
SPACING_MM = 0.25  # of samples on what may reach into the field
BELOW_MM = 100.0  # of the exit: no bed under a cone lies deeper


@dataclass(frozen=True)
class AreaOnBed:
    """A circle that a person marks on the bed: its centre and radius in bed x and y, mm."""

    centre_mm: tuple[float, float]
    radius_mm: float

    def __post_init__(self) -> None:
        if not (isfinite(self.radius_mm) and self.radius_mm > 0):
            raise ValueError(f"radius_mm must be positive, got {self.radius_mm}")

    def samples(self, bed: BedHeight) -> tuple[Float, Float]:
        """Points (n, 3) on the bed, bed space, and the share of its surface that each is for."""
        radii = self.radius_mm * np.sqrt((np.arange(N_SAMPLES) + 0.5) / N_SAMPLES)
        angles = np.arange(N_SAMPLES) * GOLDEN_ANGLE
        x = self.centre_mm[0] + radii * np.cos(angles)
        y = self.centre_mm[1] + radii * np.sin(angles)
        step = SLOPE_STEP_MM
        slope_x = (bed.height_mm(x + step, y) - bed.height_mm(x - step, y)) / (2 * step)
        slope_y = (bed.height_mm(x, y + step) - bed.height_mm(x, y - step)) / (2 * step)
        surface = np.sqrt(1 + slope_x**2 + slope_y**2)
        return np.stack([x, y, bed.height_mm(x, y)], axis=1), surface / surface.sum()

    def outline_px(
        self, bed: BedHeight, camera_from_bed: Float, intrinsics: CameraIntrinsics
    ) -> Float:
        """Corners (n, 2) of its outline as a person would draw it on a picture of the bed."""
        angles = np.arange(N_CORNERS) * (2 * np.pi / N_CORNERS)
        x = self.centre_mm[0] + self.radius_mm * np.cos(angles)
        y = self.centre_mm[1] + self.radius_mm * np.sin(angles)
        points = np.stack([x, y, bed.height_mm(x, y)], axis=1)
        return intrinsics.project(transform_points(camera_from_bed, points))


def true_coverage(
    applicator: Applicator, applicator_from_bed: Float, bed: BedHeight, area: AreaOnBed
) -> float:
    """Share of the area's surface within the treated field, seen along the axis."""
    points, weights = area.samples(bed)
    x, y, _ = transform_points(applicator_from_bed, points).T
    radius_mm = applicator.inner_radius_mm - applicator.field_margin_mm
    return float(weights[np.hypot(x, y) <= radius_mm].sum())


def true_intrusion_mm(
    applicator: Applicator,
    world_from_applicator: Float,
    world_from_bed: Float,
    bed: BedHeight,
    parts: Iterable[Part],
) -> float:
    """How far anything but bed and applicator reaches in, between exit plane and bed."""
    nearest = applicator.inner_radius_mm
    for part in parts:
        if part.label in {Label.TUMOR_BED, Label.APPLICATOR}:
            continue
        points = _near_samples(
            applicator, invert(world_from_applicator) @ part.world_from_part, part
        )
        below_exit = points[:, 2] < -points[:, 0] * applicator.bevel_slope
        in_bed = transform_points(
            invert(world_from_bed) @ world_from_applicator, points[below_exit]
        )
        above_bed = in_bed[:, 2] > bed.height_mm(in_bed[:, 0], in_bed[:, 1])
        inside = points[below_exit][above_bed]
        if len(inside):
            nearest = min(nearest, float(np.hypot(inside[:, 0], inside[:, 1]).min()))
    return applicator.inner_radius_mm - nearest


def _near_samples(applicator: Applicator, applicator_from_part: Float, part: Part) -> Float:
    """Points (n, 3), applicator space, on those triangles that may meet the field's volume."""
    corners = transform_points(applicator_from_part, part.mesh.vertices_mm)[part.mesh.triangles]
    corners = corners[_may_meet(applicator, corners)]
    samples = [np.zeros((0, 3))]
    for a, b, c in corners:
        longest = max(hypot(*(b - a)), hypot(*(c - a)), hypot(*(c - b)))
        n = max(1, ceil(longest / SPACING_MM))
        first, second = np.meshgrid(np.arange(n + 1) / n, np.arange(n + 1) / n)
        is_inside = first + second <= 1 + 1e-9
        first, second = first[is_inside][:, None], second[is_inside][:, None]
        samples.append(a + first * (b - a) + second * (c - a))
    return np.concatenate(samples)


def _may_meet(applicator: Applicator, corners: Float) -> Bool:
    """Which triangles' boxes meet a box around the field and what lies below it."""
    radius = applicator.inner_radius_mm
    top = radius * applicator.bevel_slope
    low, high = corners.min(axis=1), corners.max(axis=1)
    meets: Bool = np.all((low[:, :2] <= radius) & (high[:, :2] >= -radius), axis=1)
    meets &= (low[:, 2] <= top) & (high[:, 2] >= -top - BELOW_MM)
    return meets
