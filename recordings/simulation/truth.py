"""True quantities, straight from the true geometry by their definitions.

Independent of the estimator: numerical integration over the field on the true height function,
no shared code with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordings.simulation.bed_shape import BedHeight
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.transforms import (
    angle_between_deg,
    invert,
    rigid,
    rotation_between,
    transform_points,
)

N_RADII = 16  # Gauss-Legendre nodes in r^2: bumps of 20 mm under a 60 mm field to 1e-4 mm
N_ANGLES = 96
N_RIM = 720
NEWTON_STEPS = 30
NEWTON_TOLERANCE_MM = 1e-9
SLOPE_STEP_MM = 1e-3  # central difference of the height along the axis
NORMAL_STEPS = 40
NORMAL_TOLERANCE = 1e-12  # sine of the last step's angle


@dataclass(frozen=True)
class Planned:
    """Planned values that the truth of `ssd_error_mm` refers to."""

    docking_gap_mm: float = 40.0
    air_gap_mm: float = 0.0


def true_quantities(
    applicator: Applicator,
    head_from_applicator: Float,
    applicator_from_bed: Float,
    bed: BedHeight,
    planned: Planned,
) -> dict[str, float]:
    """Every quantity that the geometry defines, by its record name.

    Raises
    ------
    ValueError
        The axis never meets the bed (the bed is steeper than the axis).
    """
    quantities = docking_quantities(applicator, head_from_applicator)
    quantities |= field_quantities(applicator, applicator_from_bed, bed)
    quantities["ssd_error_mm"] = (
        quantities["docking_gap_mm"]
        - planned.docking_gap_mm
        + quantities["air_gap_mm"]
        - planned.air_gap_mm
    )
    return quantities


def docking_quantities(applicator: Applicator, head_from_applicator: Float) -> dict[str, float]:
    """Tilt, lateral offset and gap of the docking ring's top face against the head."""
    axis = head_from_applicator[:3, 2]
    ring_head_mm = transform_points(
        head_from_applicator, np.array([0.0, 0.0, applicator.length_mm])
    )
    return {
        "docking_tilt_deg": angle_between_deg(axis, np.array([0.0, 0.0, 1.0])),
        "tilt_x_deg": float(np.degrees(np.arctan2(-axis[1], axis[2]))),
        "tilt_y_deg": float(np.degrees(np.arctan2(axis[0], axis[2]))),
        "docking_lateral_mm": float(np.hypot(ring_head_mm[0], ring_head_mm[1])),
        "lateral_x_mm": float(ring_head_mm[0]),
        "lateral_y_mm": float(ring_head_mm[1]),
        "docking_gap_mm": float(-ring_head_mm[2]),
    }


def field_quantities(
    applicator: Applicator, applicator_from_bed: Float, bed: BedHeight
) -> dict[str, float]:
    """Incidence and air gap over the inner-diameter field."""
    radius = applicator.inner_radius_mm
    x, y, weight = _disc_nodes(radius)
    standoff = standoff_mm(applicator, applicator_from_bed, bed, x, y)
    angle = np.arange(N_RIM) * (2 * np.pi / N_RIM)
    rim = standoff_mm(
        applicator, applicator_from_bed, bed, radius * np.cos(angle), radius * np.sin(angle)
    )
    exit_normal = _unit(np.array([applicator.bevel_slope, 0.0, 1.0]))
    bed_normal = bed_normal_at_field_centre(applicator, applicator_from_bed, bed)
    incidence_deg = _rotation_vector_deg(exit_normal, bed_normal)
    return {
        "incidence_deg": float(np.linalg.norm(incidence_deg)),
        "incidence_x_deg": float(incidence_deg[0]),
        "incidence_y_deg": float(incidence_deg[1]),
        "beam_incidence_deg": angle_between_deg(np.array([0.0, 0.0, 1.0]), bed_normal),
        "air_gap_mm": float(np.sum(weight * standoff)),
        "air_gap_max_mm": float(rim.max()),
        "air_gap_min_mm": float(rim.min()),
    }


def standoff_mm(
    applicator: Applicator, applicator_from_bed: Float, bed: BedHeight, x_mm: Float, y_mm: Float
) -> Float:
    """Distance along the axis from the exit plane to the bed, positive where the bed is beyond.

    Raises
    ------
    ValueError
        Newton's iteration did not settle.
    """
    exit_z = -x_mm * applicator.bevel_slope
    return exit_z - _meeting_z(invert(applicator_from_bed), bed, x_mm, y_mm, exit_z)


def bed_normal_at_field_centre(
    applicator: Applicator, applicator_from_bed: Float, bed: BedHeight
) -> Float:
    """Outward unit normal of the bed where the axis meets it, applicator space.

    The normal of the least-squares plane over a disc of the field's radius about that very
    normal: small bumps average out, and a round bed has its own normal there however steeply
    the axis meets it (a plane over the field along a slanted axis would lean).

    Raises
    ------
    ValueError
        The bed is too steep or too rough for such a plane.
    """
    centre = np.zeros(1)
    foot = np.array(
        [0.0, 0.0, -standoff_mm(applicator, applicator_from_bed, bed, centre, centre)[0]]
    )
    x, y, weight = _disc_nodes(applicator.inner_radius_mm)
    normal = _unit(np.array([applicator.bevel_slope, 0.0, 1.0]))
    for _ in range(NORMAL_STEPS):
        turn = rotation_between(np.array([0.0, 0.0, 1.0]), normal)
        bed_from_disc = invert(applicator_from_bed) @ rigid(turn, foot)
        height = _meeting_z(bed_from_disc, bed, x, y, np.zeros_like(x))
        better = turn @ _plane_normal(x, y, height, weight)
        change = float(np.linalg.norm(np.cross(better, normal)))
        normal = better
        if change < NORMAL_TOLERANCE:
            return normal
    raise ValueError("the bed is too steep or rough: no normal is defined")


def _meeting_z(bed_from_local: Float, bed: BedHeight, x: Float, y: Float, start: Float) -> Float:
    """Local z at which lines along local z through (x, y) meet the bed, by Newton's iteration."""

    def above_bed(z_mm: Float) -> Float:
        points = transform_points(bed_from_local, np.stack([x, y, z_mm], axis=-1))
        above: Float = points[..., 2] - bed.height_mm(points[..., 0], points[..., 1])
        return above

    z = start.copy()
    for _ in range(NEWTON_STEPS):
        slope = (above_bed(z + SLOPE_STEP_MM) - above_bed(z - SLOPE_STEP_MM)) / (2 * SLOPE_STEP_MM)
        step = above_bed(z) / slope
        z = z - step
        if float(np.abs(step).max()) < NEWTON_TOLERANCE_MM:
            return z
    raise ValueError("the applicator's axis does not meet the bed: no air gap is defined")


def _disc_nodes(radius_mm: float) -> tuple[Float, Float, Float]:
    """Nodes x, y and weights (sum 1) of the mean over a disc."""
    nodes, weights = np.polynomial.legendre.leggauss(N_RADII)
    radii = radius_mm * np.sqrt((nodes + 1) / 2)
    angles = np.arange(N_ANGLES) * (2 * np.pi / N_ANGLES)
    radius, angle = np.meshgrid(radii, angles, indexing="ij")
    weight = np.repeat(weights / 2 / N_ANGLES, N_ANGLES)
    return (radius * np.cos(angle)).ravel(), (radius * np.sin(angle)).ravel(), weight


def _plane_normal(x_mm: Float, y_mm: Float, z_mm: Float, weight: Float) -> Float:
    """Upward unit normal of the weighted least-squares plane z = c0 + c1 x + c2 y."""
    root = np.sqrt(weight)[:, None]
    design = np.stack([np.ones_like(x_mm), x_mm, y_mm], axis=1)
    coefficients = np.linalg.lstsq(design * root, z_mm * root[:, 0], rcond=None)[0]
    return _unit(np.array([-coefficients[1], -coefficients[2], 1.0]))


def _rotation_vector_deg(from_unit: Float, to_unit: Float) -> Float:
    """Smallest rotation that takes one unit vector to the other, as angle times axis."""
    cross = np.cross(from_unit, to_unit)
    sine = float(np.linalg.norm(cross))
    if sine == 0:
        return np.zeros(3)
    vector: Float = np.degrees(np.arctan2(sine, float(from_unit @ to_unit))) * cross / sine
    return vector


def _unit(vector: Float) -> Float:
    unit: Float = vector / np.linalg.norm(vector)
    return unit
