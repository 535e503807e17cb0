"""The rig and plan files that belong to a simulated session."""

from __future__ import annotations

from dataclasses import dataclass

from recordings.simulation.device import SimulatedDevice
from recordings.simulation.truth import Planned
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.rig import Fiducial

ANGLE_SIGMA_DEG = 0.05
POSITION_SIGMA_MM = 0.2
COVERAGE_MINIMUM = 0.98
INTRUSION_MAXIMUM_MM = 2.0


@dataclass(frozen=True, eq=False)
class MarkedOutline:
    """The area at risk as drawn on one frame: corners (n, 2) in px."""

    frame_index: int
    outline_px: Float


def rig_toml(device: SimulatedDevice, fiducial: Fiducial | None = None) -> str:
    """Text of `rig.toml`: the true mounting and the true noise model."""
    rows = ",\n    ".join(
        "[" + ", ".join(repr(float(value)) for value in row) + "]"
        for row in device.head_from_camera
    )
    camera = device.depth_camera
    return f"""\
# Rig of the simulated camera: the true mounting, with the sigmas of a usual calibration.
schema = 1
camera_serial = "{device.serial}"
mount = "head"
head_from_camera = [
    {rows},
]
angle_sigma_deg = {ANGLE_SIGMA_DEG}
position_sigma_mm = {POSITION_SIGMA_MM}
calibrated_at = 2026-01-01T08:00:00Z
valid_days = 30

[depth]
baseline_mm = {camera.baseline_mm}
subpixel_px = {camera.subpixel_px}
correlation_px = {camera.correlation_px}
bias_mm = [0.0]

[labels]
plus_x = "right"
plus_y = "back"
{"" if fiducial is None else _fiducial_toml(fiducial)}"""


def _fiducial_toml(fiducial: Fiducial) -> str:
    if fiducial.plane is None:
        raise ValueError("the simulated plate has a plane")
    return f"""
[fiducial]
region_px = {list(fiducial.region_px)}
depth_mm = {fiducial.depth_mm!r}
normal = {list(fiducial.plane.normal)}
distance_mm = {fiducial.plane.distance_mm!r}
"""


def plan_toml(applicator: Applicator, planned: Planned, marked: MarkedOutline | None = None) -> str:
    """Text of `plan.toml`: soft docking, the bevelled exit flush on the bed.

    An area that was marked is to be covered, with nothing in the field.
    """
    ssd_error_mm = 0.0  # by definition the planned distances add up
    return f"""\
# Plan of the simulated docking: example limits, no clinical advice.
schema = 1
plan_id = "SIM-{applicator.id}"
patient_id = "SIMULATED"
approved = true
machine = "{applicator.machine}"
applicator = "{applicator.id}"

[limits]
docking_tilt_deg = {{planned = 0.0, tolerance = 1.0}}
docking_lateral_mm = {{planned = 0.0, tolerance = 2.0}}
docking_gap_mm = {{planned = {planned.docking_gap_mm}, tolerance = 3.0}}
incidence_deg = {{planned = [0.0, 0.0], tolerance = 5.0}}
air_gap_mm = {{planned = {planned.air_gap_mm}, tolerance = 3.0}}
ssd_error_mm = {{planned = {ssd_error_mm}, tolerance = 3.0}}
{"" if marked is None else _marked_toml(marked)}"""


def _marked_toml(marked: MarkedOutline) -> str:
    corners = ",\n    ".join(f"[{u:.2f}, {v:.2f}]" for u, v in marked.outline_px)
    return f"""\
coverage_fraction = {{minimum = {COVERAGE_MINIMUM}}}
intrusion_mm = {{maximum = {INTRUSION_MAXIMUM_MM}}}

[area_at_risk]
frame_index = {marked.frame_index}
outline_px = [
    {corners},
]
"""
