"""The header of a frame: codes and numbers of the protocol, nothing where nothing may be told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.display.header import frame_header, frame_images
from pipeline.overlay.guidance import FLUSH, Move, moves
from pipeline.sinks.sink import FrameResult, RunContext
from tests.builders_results import Geometry, hidden, make_alignment, make_context, make_result
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.reasons import Reason

PROTOCOL_KEYS = {
    *("protocol", "kind", "sequence", "frame_index", "stamp_ns", "origin", "recording", "verdict"),
    *("reasons", "arming", "holds_lease", "alignment", "bars", "dials", "labels", "moves"),
    *("picture", "evidence", "mask", "stage_ms", "session", "drawn_from"),
}


def header(
    result: FrameResult,
    context: RunContext | None = None,
    view: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The header as it comes out of JSON."""
    context = context or make_context()
    made = frame_header(result, context, sequence=5, picture=1, holds_lease=False, view=view)
    told: dict[str, Any] = json.loads(json.dumps(made, allow_nan=False))
    return told


def test_every_key_of_the_protocol_is_there() -> None:
    told = header(make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), frame_index=7))
    assert set(told) == PROTOCOL_KEYS
    assert (told["verdict"], told["reasons"]) == ("HOLD", ["LATERAL_HIGH"])
    assert told["arming"] == {"passed": 10, "needed": FRAMES_TO_ARM}
    assert (told["sequence"], told["frame_index"]) == (5, 7)
    assert told["labels"] == {
        "plus_x": "right",
        "minus_x": "left",
        "plus_y": "back",
        "minus_y": "front",
    }


def test_the_cone_and_the_limits_are_those_that_the_frame_was_decided_by() -> None:
    context, result = make_context(), make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,))
    other = replace(context.applicator, id="MOB-D50-B0", inner_diameter_mm=50.0, bevel_deg=0.0)
    lateral = replace(context.plan.limits.docking_lateral_mm, tolerance=0.5)
    plan = replace(context.plan, limits=replace(context.plan.limits, docking_lateral_mm=lateral))
    told = header(replace(result, plan=plan, applicator=other), context)
    cone = told["drawn_from"]["applicator"]
    assert (cone["id"], cone["inner_diameter_mm"], cone["bevel_deg"]) == ("MOB-D50-B0", 50.0, 0.0)
    assert next(d for d in told["dials"] if d["name"] == "docking_lateral_mm")["tolerance"] == 0.5


@pytest.mark.parametrize(
    ("origin", "uri", "is_recording"),
    [
        ("live", "realsense:1234", False),
        ("live", "session.mcap", True),
        ("simulated", "sim:docking", True),
        ("foreign", "realsense", True),
    ],
)
def test_only_a_camera_now_is_no_recording(origin: str, uri: str, is_recording: bool) -> None:
    told = header(make_result(), make_context(origin, uri))
    assert told["recording"] is is_recording


def test_bars_carry_limits_and_units() -> None:
    bars = {bar["name"]: bar for bar in header(make_result())["bars"]}
    gap = bars["docking_gap_mm"]
    assert (gap["lower"], gap["upper"], gap["planned"], gap["unit"]) == (37.0, 43.0, 40.0, "mm")
    assert gap["value"] == pytest.approx(40.2)
    assert gap["inside"] is True
    assert bars["docking_tilt_deg"]["unit"] == "deg"


def test_dials_tell_where_the_head_must_go() -> None:
    geometry = Geometry(lateral_x_mm=3.0, lateral_y_mm=-1.0, tilt_x_deg=0.5, tilt_y_deg=2.0)
    lateral, tilt = header(make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), geometry))["dials"]
    assert (lateral["name"], lateral["x"], lateral["y"]) == ("docking_lateral_mm", 3.0, -1.0)
    assert (tilt["name"], tilt["x"], tilt["y"]) == ("docking_tilt_deg", 2.0, -0.5)
    assert lateral["inside"] is False


def test_what_is_hidden_is_null() -> None:
    alignment = hidden(make_alignment(Geometry()), "air_gap_mm", "lateral_x_mm")
    told = header(make_result(Verdict.UNSURE, (Reason.NO_APPLICATOR,), alignment=alignment))
    air = next(bar for bar in told["bars"] if bar["name"] == "air_gap_mm")
    assert (air["value"], air["sigma"], air["inside"]) == (None, None, None)
    assert told["dials"][0]["x"] is None


def test_a_fault_tells_no_number_but_the_evidence() -> None:
    geometry = Geometry(lateral_x_mm=9.0)
    told = header(make_result(Verdict.FAULT, (Reason.SOURCE_FAILED,), geometry))
    assert told["moves"] == []
    assert {bar["value"] for bar in told["bars"]} == {None}
    assert {dial["x"] for dial in told["dials"]} == {None}
    assert told["alignment"]["lateral_x_mm"]["value"] == 9.0


class TestWays:
    """Every sign, as the panel tells it."""

    @pytest.mark.parametrize(
        ("change", "quantity", "way", "label"),
        [
            ({"lateral_x_mm": 4.0}, "docking_lateral_mm", "label", "right"),
            ({"lateral_x_mm": -4.0}, "docking_lateral_mm", "label", "left"),
            ({"lateral_y_mm": 4.0}, "docking_lateral_mm", "label", "back"),
            ({"lateral_y_mm": -4.0}, "docking_lateral_mm", "label", "front"),
            ({"tilt_y_deg": 3.0}, "docking_tilt_deg", "label", "right"),
            ({"tilt_x_deg": 3.0}, "docking_tilt_deg", "label", "front"),
            ({"docking_gap_mm": 50.0}, "docking_gap_mm", "down", None),
            ({"docking_gap_mm": 30.0}, "docking_gap_mm", "up", None),
            ({"air_gap_mm": 9.0}, "air_gap_mm", "down", None),
            ({"air_gap_mm": -9.0}, "air_gap_mm", "up", None),
        ],
    )
    def test_of_one_deviation(
        self, change: dict[str, float], quantity: str, way: str, label: str | None
    ) -> None:
        told = header(make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), Geometry(**change)))[
            "moves"
        ]
        move = next(move for move in told if move["quantity"] == quantity)
        assert (move["way"], move["label"]) == (way, label)
        assert move["mover"] == ("cone" if quantity == "air_gap_mm" else "head")

    def test_flush_where_only_the_size_is_known(self) -> None:
        alignment = make_alignment(Geometry(incidence_x_deg=9.0))
        alignment = hidden(alignment, "incidence_x_deg", "incidence_y_deg")
        told = header(make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), alignment=alignment))[
            "moves"
        ]
        assert {"way": "flush", "label": None}.items() <= told[0].items()
        assert told[0]["unit"] == "deg"

    def test_a_machine_may_call_a_side_up(self) -> None:
        """A word on the machine stays one, whatever it says."""
        result = make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), Geometry(lateral_x_mm=4.0))
        found = moves(result, make_context(labels={"plus_x": "up", "plus_y": "back"}))
        assert [(m.way, m.direction) for m in found] == [("label", "up")]
        assert Move("cone", "incidence_deg", 3.0, "°", FLUSH).way == "flush"


def test_the_workflow_is_told_and_its_areas_are_drawn() -> None:
    areas = {"area_at_risk": [[[1.0, 2.0], [3.0, 4.0]]], "keep_out": []}
    told = header(make_result(), view={"session": {"step": "dock"}, "drawing": areas})
    assert told["session"] == {"step": "dock"}
    assert told["drawn_from"]["areas"] == areas
    assert header(make_result())["session"] is None


def test_depth_is_sent_where_there_is_no_colour() -> None:
    assert set(frame_images(make_result())) == {"colour", "labels"}
    grey = make_result(has_color=False)
    assert set(frame_images(grey)) == {"depth", "labels"}
    assert header(grey)["picture"]["grey"] is True


def test_the_steadied_pose_is_drawn() -> None:
    pose = np.eye(4)
    told = header(replace(make_result(), steadied_pose=pose))
    assert told["drawn_from"]["pose"] == pose.tolist()
    assert (
        header(make_result(Verdict.UNSURE, (Reason.NO_APPLICATOR,), has_pose=False))["drawn_from"][
            "pose"
        ]
        is None
    )
