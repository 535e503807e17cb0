"""A stand-in for the session behind the display's page: it holds the workflow's state and answers.

Made for the page's tests alone: it knows just enough to move from step to step, and checks nothing
of what the real session checks.
"""

from __future__ import annotations

from copy import deepcopy
from typing import cast

import cv2
import numpy as np

from pipeline.benchmarks.display_frames import (
    HEIGHT_PX,
    WIDTH_PX,
    Header,
    bar,
    dial,
    jpeg_of,
    ready_header,
)
from tracking.arrays import UInt8

STEPS = (
    *("briefing", "survey", "draw", "approve", "place"),
    *("dock", "time_out", "ready", "beam", "report"),
)
PERSONS = ["A. Surgeon", "B. Oncologist", "C. Physicist"]
PIN = "246810"
Line = list[tuple[float, float]]


class MadeSession:
    """State of a workflow; `answer` is what the stand-in server asks, `frame` what it sends."""

    def __init__(self, step: str = "briefing") -> None:
        self.step = step
        self.verdict: Header = {}
        self.blocked: dict[str, list[str]] = {}
        self.changes: Header = {}
        self.areas: list[dict[str, str]] = []
        self.confirmed: list[str] = []
        self.is_beam_on = False
        self.sequence = 0
        self._picture = jpeg_of(scene())

    def frame(self, sequence: int) -> tuple[Header, bytes]:
        self.sequence = sequence
        header = ready_header(sequence) | {"drawing": drawing()} | self.verdict
        return header | {"session": self.state()}, self._picture

    def state(self) -> Header:
        at = STEPS.index(self.step)
        steps = [
            {"id": step, "state": self._state(index, at, step), "why": self.blocked.get(step, [])}
            for index, step in enumerate(STEPS)
        ]
        state: Header = {
            "session_id": "S-1",
            "step": self.step,
            "steps": steps,
            "patient_id": "PAT-0042",
            "plan_id": "PANCREAS-BED-7",
            "plan_revision": 2,
            "content_id": self.content_id(),
            "machine": "mobetron",
            "applicator_planned": "MOB-D60-B15",
            "applicator_seen": "MOB-D60-B15",
            "applicators": ["MOB-D50-B15", "MOB-D60-B0", "MOB-D60-B15", "MOB-D70-B15"],
            "qa": {"holds": True, "state": "valid", "detail": ""},
            "calibration": {"holds": True, "expires_at": "2026-12-20 08:00"},
            "survey": {"state": "usable", "n_frames": 31},
            "areas": deepcopy(self.areas),
            "can_undo": bool(self.areas),
            "time_out": {
                "complete": len(self.confirmed) == 2,
                "confirmed_by": list(self.confirmed),
                "persons": PERSONS,
                "items": {
                    "plan": "PANCREAS-BED-7",
                    "patient": "PAT-0042",
                    "machine": "mobetron",
                    "applicator": "MOB-D60-B15",
                },
            },
            "last_fault_frame": None,
            "acknowledged_frame": None,
            "beam": {"on": self.is_beam_on, "since_ns": 0, "deviations": 1},
            "report": {"ready": True, "html": "report.html", "pdf": "report.pdf"},
            "storage": {"recording": True, "warnings": []},
            "simulated": True,
        }
        return state | self.changes

    def content_id(self) -> str:
        """Changes with what is drawn."""
        return f"revision@{len(self.areas)}"

    def answer(self, command: dict[str, object]) -> tuple[bool, str]:
        kind = command["kind"]
        if "pin" in command and command["pin"] != PIN:
            return False, "WRONG_PIN"
        if kind == "step":
            self.step = str(command["to"])
        elif kind == "draw":
            name, person = str(command["name"]), str(command["person"])
            self.areas.append({"name": name, "state": "placed", "drawn_by": person})
        elif kind == "undo":
            self.areas.pop()
        elif kind == "approve" and command["content_id"] != self.content_id():
            return False, "OTHER_REVISION"
        elif kind == "time_out":
            return self._confirm(str(command["person"]))
        elif kind == "beam":
            self.is_beam_on = command["is_on"] is True
        return True, ""

    def _confirm(self, person: str) -> tuple[bool, str]:
        if person in self.confirmed:
            return False, "SAME_PERSON"
        self.confirmed.append(person)
        return True, ""

    def _state(self, index: int, at: int, step: str) -> str:
        if index == at:
            return "current"
        if step in self.blocked:
            return "blocked"
        return "done" if index < at else "open"


def hold_header() -> Header:
    """Out of tolerance in several quantities, with what to move."""
    ready = ready_header(0)
    off = {
        "docking_lateral_mm": bar("docking_lateral_mm", "mm", 3.3, 0.2, (None, 2.0), 0.0),
        "docking_gap_mm": bar("docking_gap_mm", "mm", 45.5, 0.2, (37.0, 43.0), 40.0),
        "air_gap_mm": bar("air_gap_mm", "mm", -4.2, 0.4, (-3.0, 3.0), 0.0),
        "ssd_error_mm": bar("ssd_error_mm", "mm", -12.3, 0.4, (-3.0, 3.0), 0.0),
        "intrusion_mm": bar("intrusion_mm", "mm", 10.2, 0.4, (None, 5.0), None),
    }
    bars = cast(list[dict[str, object]], ready["bars"])
    return {
        "verdict": "HOLD",
        "reasons": ["AIR_GAP_LOW", "DOCKING_GAP_HIGH", "LATERAL_HIGH"],
        "bars": [off.get(str(one["name"]), one) for one in bars],
        "dials": [
            dial("docking_lateral_mm", "mm", 3.1, -1.2, 0.2, 2.0),
            dial("docking_tilt_deg", "deg", -0.2, 0.2, 0.05, 1.0),
        ],
        "moves": [
            move("cone", "air_gap_mm", 4.2, "mm", "up"),
            move("head", "docking_gap_mm", 5.5, "mm", "down"),
            move("head", "docking_lateral_mm", 3.1, "mm", "label", "right"),
            move("head", "docking_lateral_mm", 1.2, "mm", "label", "front"),
        ],
    }


def move(
    mover: str, quantity: str, amount: float, unit: str, way: str, label: str = ""
) -> dict[str, object]:
    return {
        "mover": mover,
        "quantity": quantity,
        "amount": amount,
        "unit": unit,
        "way": way,
        "label": label,
    }


def verdict_header(verdict: str) -> Header:
    """One header of each verdict."""
    made: dict[str, Header] = {
        "READY": {},
        "HOLD": hold_header(),
        "UNSURE": {"verdict": "UNSURE", "reasons": ["BED_HIDDEN"]},
        "FAULT": {"verdict": "FAULT", "reasons": ["CAMERA_BUMPED"]},
    }
    return made[verdict]


def scene() -> UInt8:
    """A made picture: drapes, a bed, a grey cone. It only has to look unlike a plain field."""
    v, u = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    pixels: UInt8 = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    pixels[:] = (96, 92, 60)
    pixels[..., 0] = (88 + 24 * np.sin(u / 47.0 + v / 61.0)).astype(np.uint8)
    cv2.ellipse(pixels, (430, 330), (210, 120), 0, 0, 360, (84, 84, 168), -1)
    cv2.ellipse(pixels, (430, 330), (150, 84), 0, 0, 360, (92, 92, 190), -1)
    body = np.array([(392, 336), (372, 96), (492, 96), (470, 336)], np.int32)
    cv2.fillPoly(pixels, [body], (150, 148, 146))
    return cv2.GaussianBlur(pixels, (0, 0), 3).astype(np.uint8)


def drawing() -> Header:
    """Lines on the made picture."""
    rib = _ellipse(585, 300, 44, 22)
    return {
        "cone": [
            [(392.0, 336.0), (372.0, 96.0)],
            [(470.0, 336.0), (492.0, 96.0)],
            _ellipse(432, 96, 60, 22),
        ],
        "exit_ring": [_ellipse(431, 336, 39, 16)],
        "bed": [_ellipse(430, 330, 190, 108)],
        "area_at_risk": [_ellipse(432, 340, 34, 15)],
        "keep_out": [{"name": "rib", "lines": [rib]}],
        "draft": [],
    }


def _ellipse(u: float, v: float, half_width: float, half_height: float) -> Line:
    angles = np.linspace(0.0, 2 * np.pi, 49)
    return [(float(u + half_width * np.cos(a)), float(v + half_height * np.sin(a))) for a in angles]
