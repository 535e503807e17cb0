"""The reference of a camera's QA: phantom and base as they were seen when the rig was proven."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.qa.phantom import PhantomPose
from calibration.qa.plane import BasePlane
from recordings.source import Origin
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.errors import CalibrationError


@dataclass(frozen=True, eq=False)
class Baseline:
    """Phantom, base and camera as first seen; poses in camera space.

    `taken_ns`: UTC, when the frames were exposed. `applicator`: the phantom's catalogue id.
    """

    camera_serial: str
    rig: str
    origin: Origin
    taken_ns: int
    operator: str
    applicator: str
    intrinsics: CameraIntrinsics
    depth_unit_mm: float
    phantom: PhantomPose
    base: BasePlane

    @property
    def id(self) -> str:
        """Identity by content."""
        digest = hashlib.sha256(self.to_json().encode()).hexdigest()
        return f"{self.camera_serial}@{digest[:12]}"

    def to_json(self) -> str:
        """As stored; numbers survive exactly."""
        grid, phantom, base = self.intrinsics, self.phantom, self.base
        return json.dumps(
            {
                "camera_serial": self.camera_serial,
                "rig": self.rig,
                "origin": self.origin,
                "taken_ns": self.taken_ns,
                "operator": self.operator,
                "applicator": self.applicator,
                "intrinsics": [grid.width, grid.height, grid.fx, grid.fy, grid.cx, grid.cy],
                "depth_unit_mm": self.depth_unit_mm,
                "exit_mm": phantom.exit_mm.tolist(),
                "axis": phantom.axis.tolist(),
                "length_mm": phantom.length_mm,
                "exit_sigma_mm": phantom.exit_sigma_mm,
                "axis_sigma_deg": phantom.axis_sigma_deg,
                "n_frames": phantom.n_frames,
                "normal": base.normal.tolist(),
                "distance_mm": base.distance_mm,
            },
            allow_nan=False,
        )


def baseline_from_json(text: str) -> Baseline:
    """Read what `to_json` wrote.

    Raises
    ------
    CalibrationError
        It was damaged or edited.
    """
    try:
        return _parsed(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise CalibrationError(
            "A stored QA reference cannot be read.",
            actual=f"{type(error).__name__}: {error}",
            remedy="Take a new reference (`qa baseline`), then run the after-change protocol.",
        ) from error


def _parsed(told: dict[str, Any]) -> Baseline:
    width, height, fx, fy, cx, cy = told["intrinsics"]
    exit_mm = _vector(told["exit_mm"])
    return Baseline(
        camera_serial=told["camera_serial"],
        rig=told["rig"],
        origin=told["origin"],
        taken_ns=int(told["taken_ns"]),
        operator=told["operator"],
        applicator=told["applicator"],
        intrinsics=CameraIntrinsics(width, height, fx, fy, cx, cy),
        depth_unit_mm=float(told["depth_unit_mm"]),
        phantom=PhantomPose(
            exit_mm,
            _vector(told["axis"]),
            float(told["length_mm"]),
            float(told["exit_sigma_mm"]),
            float(told["axis_sigma_deg"]),
            int(told["n_frames"]),
        ),
        base=BasePlane(_vector(told["normal"]), float(told["distance_mm"]), exit_mm),
    )


def _vector(values: list[float]) -> Float:
    found = np.array(values, np.float64)
    if found.shape != (3,) or not np.isfinite(found).all():
        raise ValueError(f"expected three finite numbers, got {values}")
    return found
