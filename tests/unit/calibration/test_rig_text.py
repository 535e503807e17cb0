"""A rig's file that takes over the depth calibration of another one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from calibration.rig_file import parse_rig
from calibration.rig_text import RigParts, rig_text

BASE = """\
schema = 1
camera_serial = "CAM-1"
mount = "head"
head_from_camera = [[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]]
angle_sigma_deg = 0.05
position_sigma_mm = 0.2
calibrated_at = 2026-01-01T08:00:00Z
valid_days = 30.0
[depth]
baseline_mm = 50.0
subpixel_px = 0.07
correlation_px = 1.4
bias_mm = [0.3]
[depth.calibration]
camera_serial = "CAM-1"
calibrated_at = 2026-01-01T09:00:00Z
valid_days = 20.0
distance_mm = [400.0, 600.0]
reference_sigma_mm = 0.1
"""


def test_what_the_depth_calibration_holds_for_is_taken_over(tmp_path: Path) -> None:
    base = tmp_path / "base.toml"
    base.write_text(BASE)
    moved_at = datetime(2026, 1, 2, tzinfo=UTC)
    rig = parse_rig(rig_text(RigParts("CAM-1", np.eye(4), 0.1, 0.3, moved_at), base), "new")
    before = parse_rig(BASE, "base")
    assert before.depth_calibration is not None
    assert rig.depth_calibration == before.depth_calibration
    assert rig.depth == before.depth
    assert (rig.calibrated_at, rig.position_sigma_mm) == (moved_at, 0.3)
