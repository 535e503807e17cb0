"""The rig and plan files that belong to a simulated session."""

from __future__ import annotations

from recordings.simulation.device import SimulatedDevice
from recordings.simulation.truth import Planned
from tracking.applicator import Applicator

ANGLE_SIGMA_DEG = 0.05
POSITION_SIGMA_MM = 0.2


def rig_toml(device: SimulatedDevice) -> str:
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
"""


def plan_toml(applicator: Applicator, planned: Planned) -> str:
    """Text of `plan.toml`: soft docking, the bevelled exit flush on the bed."""
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
"""
