"""The image campaign: its cases strike what they say, and a READY under a fault is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.config.load import RunConfig
from pipeline.faults import image_run, nominal_campaign
from pipeline.faults.image_campaign import findings
from pipeline.faults.image_fault import N_STRUCK, Docked, ImageCase
from pipeline.faults.image_run import IMAGE_FAULTS, ImageResult, opened, run_session
from pipeline.faults.nominal_campaign import Piece, Stretch, stretch_of
from pipeline.faults.scene_faults import SCENE_FAULTS
from pipeline.faults.sensor_faults import SENSOR_FAULTS
from recordings.simulation.source import SimulatedSource
from tracking.decision import Verdict
from tracking.reasons import Reason

ONSET = 190
BY_NAME = {fault.name: fault for fault in IMAGE_FAULTS}


@pytest.fixture(scope="module")
def session() -> tuple[SimulatedSource, RunConfig]:
    return opened(0)


@pytest.fixture(scope="module")
def docked(session: tuple[SimulatedSource, RunConfig]) -> Docked:
    return Docked(*session, ONSET)


def test_there_are_forty_classes_and_each_has_its_own_name() -> None:
    assert len(BY_NAME) == len(SENSOR_FAULTS) + len(SCENE_FAULTS)
    assert len(BY_NAME) >= 40


@pytest.mark.parametrize("name", [fault.name for fault in SENSOR_FAULTS])
@pytest.mark.parametrize("severity", [1, 5])
def test_a_sensor_fault_changes_every_struck_frame(
    docked: Docked, name: str, severity: int
) -> None:
    shot = BY_NAME[name].shoot(ImageCase(docked, severity))
    assert len(shot) == N_STRUCK
    for good, bad in zip(docked.good, shot, strict=True):
        before, after = good.frame, bad.frame
        same_numbers = (
            before.frame_index == after.frame_index
            and before.stamp_ns == after.stamp_ns
            and before.arrival_ns == after.arrival_ns
            and before.device_serial == after.device_serial
            and before.depth_unit_mm == after.depth_unit_mm
            and before.intrinsics == after.intrinsics
        )
        same_pixels = np.array_equal(before.depth_raw, after.depth_raw)
        assert not (same_numbers and same_pixels)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cone of another diameter", "no cone", "two cones"])
def test_a_scene_fault_shows_another_cone_where_the_first_was(docked: Docked, name: str) -> None:
    shot = BY_NAME[name].shoot(ImageCase(docked, 2))
    n_cone_px = np.count_nonzero(np.asarray(docked.good[0].labels) == 2)
    n_px = np.count_nonzero(np.asarray(shot[0].labels) == 2)
    if name == "no cone":
        assert n_px == 0
    else:
        assert n_px != n_cone_px
        assert n_px > 0


@pytest.mark.slow
def test_a_struck_session_is_not_ready_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(BY_NAME[name] for name in ("frozen with moving stamps", "depth black"))
    monkeypatch.setattr(image_run, "IMAGE_FAULTS", few)
    monkeypatch.setattr(image_run, "SEVERITIES", (1,))
    monkeypatch.setattr(image_run, "opened", lambda seed: opened(seed, "docking-small"))
    frozen, black = run_session(3)
    assert frozen.twin_ready
    assert frozen.first_reason == Reason.FRAME_REPEATED
    assert (frozen.n_false_ready, black.n_false_ready) == (0, 0)
    assert black.first_reason is not None


def test_a_ready_under_a_fault_is_counted_where_its_twin_is_ready() -> None:
    good = [ImageResult(f.name, 0, 1, True, 0, "CLOCK_WENT_BACK") for f in IMAGE_FAULTS]
    bad = replace(good[3], n_false_ready=1)
    assert findings(good).data["false_ready"] == []
    assert findings([*good, bad]).data["false_ready"] == [[bad.fault, 0, 1]]
    assert findings([*good, replace(bad, twin_ready=False)]).data["false_ready"] == []


class TestStretch:
    PIECE = Piece("kernel", 0, 6)

    def of(self, text: str) -> Stretch:
        verdicts = {"r": (Verdict.READY, ""), "u": (Verdict.UNSURE, "X")}
        return stretch_of(self.PIECE, [verdicts[letter] for letter in text])

    def test_what_comes_before_arming_does_not_count(self) -> None:
        found = self.of("uuurrr")
        assert (found.n_to_arm, found.n_not_ready, found.n_drops) == (3, 0, 0)

    def test_drops_and_frames_that_are_not_ready_count(self) -> None:
        found = self.of("ruurur")
        assert (found.n_to_arm, found.n_not_ready, found.n_drops) == (0, 3, 2)
        assert found.first_reasons == ("X", "X", "X")

    def test_a_session_that_never_arms_fails_its_goal(self) -> None:
        found = self.of("uuuuuu")
        assert found.n_to_arm is None
        goals = {g.name: g for g in nominal_campaign.findings([found]).goals}
        assert not goals["kernel: sessions that never arm"].is_met

    def test_drawn_sessions_stay_ready(self) -> None:
        found = nominal_campaign.run_piece(Piece("kernel", 4, 200))
        assert (found.n_not_ready, found.n_drops) == (0, 0)
        assert found.n_to_arm is not None
