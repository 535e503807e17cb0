"""Made frames for the display's page, as `pipeline/display/PROTOCOL.md` has them; no session.

The picture carries its sequence number as a row of black and white fields, so that a screenshot
tells which frame is on the screen.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.display.wire import FRAME, PROTOCOL
from tracking.arrays import UInt8

WIDTH_PX, HEIGHT_PX = 848, 480
CODE_BITS = 16
FIELD_PX = WIDTH_PX // CODE_BITS
CODE_TOP_PX, CODE_BOTTOM_PX = HEIGHT_PX - 80, HEIGHT_PX - 20
FRAME_NS = 33_333_333
JPEG_QUALITY = 80

Header = dict[str, object]

LABELS = {"plus_x": "right", "minus_x": "left", "plus_y": "back", "minus_y": "front"}


def coded_picture(sequence: int) -> bytes:
    """JPEG, grey with the sequence number's bits as fields, most significant first."""
    pixels: UInt8 = np.full((HEIGHT_PX, WIDTH_PX, 3), 96, np.uint8)
    for bit in range(CODE_BITS):
        is_set = sequence >> (CODE_BITS - 1 - bit) & 1
        left = bit * FIELD_PX
        pixels[CODE_TOP_PX:CODE_BOTTOM_PX, left : left + FIELD_PX] = 255 if is_set else 0
    return jpeg_of(pixels)


def jpeg_of(color_bgr: UInt8) -> bytes:
    """Encode a picture."""
    is_encoded, encoded = cv2.imencode(".jpg", color_bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not is_encoded:
        raise ValueError("the picture cannot be encoded as JPEG")
    return encoded.tobytes()


def ready_header(sequence: int) -> Header:
    """A docked cone, everything inside the plan, READY with the lease."""
    return {
        "protocol": PROTOCOL,
        "kind": FRAME,
        "sequence": sequence,
        "frame_index": sequence,
        "stamp_ns": sequence * FRAME_NS,
        "origin": "simulated",
        "verdict": "READY",
        "reasons": [],
        "arming": {"passed": 10, "needed": 10},
        "holds_lease": True,
        "alignment": {
            "docking_tilt_deg": _measured(0.3, 0.05),
            "docking_lateral_mm": _measured(0.6, 0.2),
            "docking_gap_mm": _measured(40.4, 0.2),
            "incidence_deg": _measured(1.4, 0.4),
            "air_gap_mm": _measured(0.5, 0.4),
            "ssd_error_mm": _measured(0.9, 0.4),
            "coverage_fraction": _measured(0.99, 0.003),
            "intrusion_mm": _measured(0.2, 0.1),
        },
        "bars": ready_bars(),
        "dials": [
            dial("docking_lateral_mm", "mm", 0.5, -0.3, 0.2, 2.0),
            dial("docking_tilt_deg", "deg", -0.2, 0.2, 0.05, 1.0),
        ],
        "labels": LABELS,
        "moves": [],
        "picture": {"number": sequence, "width": WIDTH_PX, "height": HEIGHT_PX, "grey": False},
        "drawing": {
            "cone": [],
            "exit_ring": [],
            "bed": [],
            "area_at_risk": [],
            "keep_out": [],
            "draft": [],
        },
        "evidence": {
            "fill_rate": 0.97,
            "inlier_fraction": 0.93,
            "axis_sigma_deg": 0.05,
            "exit_sigma_mm": 0.2,
            "registration": "OK",
            "bed": "OK",
            "survey": "USABLE",
            "doubt": 0.02,
        },
        "mask": None,
        "stage_ms": {"segment": 8.1, "register": 9.2, "surface": 3.0, "align": 0.4, "gate": 0.1},
        "session": None,
    }


def ready_bars() -> list[dict[str, object]]:
    """Every limited quantity of `ready_header`, in the plan's order."""
    return [
        bar("docking_tilt_deg", "deg", 0.3, 0.05, (None, 1.0), 0.0),
        bar("docking_lateral_mm", "mm", 0.6, 0.2, (None, 2.0), 0.0),
        bar("docking_gap_mm", "mm", 40.4, 0.2, (37.0, 43.0), 40.0),
        bar("incidence_deg", "deg", 1.4, 0.4, (None, 5.0), 0.0),
        bar("air_gap_mm", "mm", 0.5, 0.4, (-3.0, 3.0), 0.0),
        bar("ssd_error_mm", "mm", 0.9, 0.4, (-3.0, 3.0), 0.0),
        bar("coverage_fraction", "", 0.99, 0.003, (0.98, None), None),
        bar("intrusion_mm", "mm", 0.2, 0.1, (None, 5.0), None),
    ]


def bar(
    name: str,
    unit: str,
    value: float | None,
    sigma: float | None,
    limits: tuple[float | None, float | None],
    planned: float | None,
) -> dict[str, object]:
    """One entry of `bars`; `inside` as pipeline/overlay/limits.py."""
    lower, upper = limits
    inside = None
    if value is not None:
        inside = (lower is None or value >= lower) and (upper is None or value <= upper)
    return {
        "name": name,
        "unit": unit,
        "value": value,
        "sigma": sigma,
        "lower": lower,
        "upper": upper,
        "planned": planned,
        "inside": inside,
    }


def dial(
    name: str, unit: str, x: float | None, y: float | None, sigma: float | None, tolerance: float
) -> dict[str, object]:
    """One entry of `dials`."""
    inside = None if x is None or y is None else float(np.hypot(x, y)) <= tolerance
    return {
        "name": name,
        "unit": unit,
        "x": x,
        "y": y,
        "sigma": sigma,
        "tolerance": tolerance,
        "inside": inside,
    }


def _measured(value: float, sigma: float) -> dict[str, object]:
    return {"value": value, "sigma": sigma, "observable": True}
