"""Texts of valid configuration files, which tests damage one key at a time."""

from __future__ import annotations

from pathlib import Path

RIG = """\
schema = 1
camera_serial = "any"
mount = "head"
head_from_camera = [
    [1.0, 0.0, 0.0, 10.0], [0.0, 1.0, 0.0, 20.0], [0.0, 0.0, 1.0, 30.0], [0, 0, 0, 1]
]
angle_sigma_deg = 0.05
position_sigma_mm = 0.2
calibrated_at = 2026-01-01T08:00:00Z
valid_days = 30
[depth]
baseline_mm = 50.0
subpixel_px = 0.08
correlation_px = 1.5
bias_mm = [0.0]
[labels]
plus_x = "right"
plus_y = "back"
"""

PLAN = """\
schema = 1
plan_id = "plan-1"
patient_id = "patient-1"
approved = true
machine = "mobetron"
applicator = "MOB-D60-B15"
[limits]
docking_tilt_deg   = {planned = 0.0, tolerance = 1.0}
docking_lateral_mm = {planned = 0.0, tolerance = 2.0}
docking_gap_mm     = {planned = 40.0, tolerance = 3.0}
incidence_deg      = {planned = [0.0, 0.0], tolerance = 5.0}
air_gap_mm         = {planned = 0.0, tolerance = 3.0}
ssd_error_mm       = {planned = 0.0, tolerance = 3.0}
"""

SITE = """\
schema = 1
site_id = "example"
applicator_pattern = 'MOB-D(?P<diameter>\\d+)-B(?P<bevel>\\d+)'
[caps]
docking_tilt_deg = 1.0
docking_lateral_mm = 2.0
docking_gap_mm = 3.0
incidence_deg = 5.0
air_gap_mm = 3.0
ssd_error_mm = 3.0
[machine.mobetron]
angle_convention = "iec61217"
[person.physicist-1]
name = "First Physicist"
role = "physicist"
"""

PINS = {"physicist-1": "135790", "surgeon-1": "246813"}  # of nobody: for tests alone

SIGNING_SITE = SITE + (
    'pin = "scrypt$16384$8$1$01010101010101010101010101010101'
    '$3e8c64a017bf8afaeff9ba20a47564e862d8bdb64096a93864b6e5ca4b264e14"\n'
    "[person.surgeon-1]\n"
    'name = "First Surgeon"\n'
    'role = "surgeon"\n'
    'pin = "scrypt$16384$8$1$02020202020202020202020202020202'
    '$e5af66106eba2075dbf00823391f6bbb0283b4292118be814f03f751e8f8fd17"\n'
    "[person.nurse-1]\n"
    'name = "First Nurse"\n'
    'role = "therapist"\n'
)

MACHINE = """\
dicom_names = ["MOBETRON_1"]
applicator_pattern = 'C(?P<diameter>\\d+(?:\\.5)?)B(?P<bevel>\\d+)'
applicator_diameter_unit = "cm"
energies_mev = [6.0, 9.0, 12.0]
angle_step_deg = 0.1
roll_range_deg = [-45.0, 45.0]
pitch_range_deg = [-30.0, 10.0]
[machine.mobetron.plan_limits]
docking_tilt_deg   = {planned = 0.0, tolerance = 1.0}
docking_lateral_mm = {planned = 0.0, tolerance = 2.0}
docking_gap_mm     = {planned = 40.0, tolerance = 3.0}
incidence_deg      = {planned = [0.0, 0.0], tolerance = 5.0}
air_gap_mm         = {planned = 0.0, tolerance = 3.0}
ssd_error_mm       = {planned = 0.0, tolerance = 3.0}
coverage_fraction  = {minimum = 0.95}
"""

IMPORT_SITE = (
    SITE.replace("[caps]\n", "area_at_risk_pattern = '(?i)tumou?r bed'\n[caps]\n")
    .replace('angle_convention = "iec61217"\n', f'angle_convention = "iec61217"\n{MACHINE}')
    .replace("MOB-D", "[A-Z]+-D")
)

CATALOGUE = """\
schema = 1
[applicator.MOB-D60-B15]
machine = "mobetron"
inner_diameter_mm = 60.0
wall_mm = 2.0
length_mm = 300.0
bevel_deg = 15.0
ring_diameter_mm = 110.0
ring_height_mm = 20.0
material = "metal"
mesh = ""
"""


def replaced(text: str, old: str, new: str) -> str:
    """`text` with its only `old` replaced: a test that damages nothing proves nothing."""
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
    return text.replace(old, new)


def written(folder: Path, name: str, text: str) -> Path:
    """Path of a new file with `text`."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
