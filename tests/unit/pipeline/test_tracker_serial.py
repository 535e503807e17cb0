"""The camera's serial is proven by the session's header, and anew by every frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import load_config
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.simulation.source import SimulatedSource, open_simulation
from tracking.decision import GateDecision, Verdict
from tracking.frame import SourceFrame
from tracking.reasons import Reason


@pytest.fixture(scope="module")
def source() -> SimulatedSource:
    return open_simulation("sim:bench", read_catalogue(None).applicators)


@pytest.fixture(scope="module")
def first_frame(source: SimulatedSource) -> SourceFrame:
    return source.frame(0)


def decide_first(
    source: SimulatedSource, frame: SourceFrame, folder: Path, header_serial: str, serial: str
) -> GateDecision:
    for name, text in source.header.embedded:
        (folder / name).write_text(text)
    config = load_config(folder / "rig.toml", folder / "plan.toml")
    header = replace(source.header, device_serial=header_serial)
    tracker = Tracker(config, MaskSegmenter(), evidence_for(header, config.rig, None).evidence)
    changed = replace(frame, frame=replace(frame.frame, device_serial=serial))
    return tracker.process(changed).record.decision


def test_a_frame_of_the_headers_camera_passes(
    source: SimulatedSource, first_frame: SourceFrame, tmp_path: Path
) -> None:
    serial = source.header.device_serial
    assert serial
    decision = decide_first(source, first_frame, tmp_path, serial, serial)
    assert Reason.WRONG_CAMERA not in decision.reasons


@pytest.mark.parametrize("serial", ["", "another"])
def test_a_frame_without_the_headers_serial_is_a_fault(
    source: SimulatedSource, first_frame: SourceFrame, tmp_path: Path, serial: str
) -> None:
    decision = decide_first(source, first_frame, tmp_path, source.header.device_serial, serial)
    assert decision.verdict is Verdict.FAULT
    assert decision.reasons[0] is Reason.WRONG_CAMERA


def test_a_recording_that_carries_no_serial_is_excused(
    source: SimulatedSource, first_frame: SourceFrame, tmp_path: Path
) -> None:
    decision = decide_first(source, first_frame, tmp_path, "", "")
    assert Reason.WRONG_CAMERA not in decision.reasons
