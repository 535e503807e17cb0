"""READY never rests on a pose that jumped: the tracker tells the gate where each pose came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pipeline.measurer
import pipeline.tracker
from models.mask_segmenter import MaskSegmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import load_config
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.simulation.source import SimulatedSource, open_simulation
from tests.builders import FRAME_NS, make_registration
from tracking.arrays import Float
from tracking.decision import GateDecision
from tracking.frame import SourceFrame
from tracking.gate import decide
from tracking.pose_change import changed_pose
from tracking.record import FrameRecord
from tracking.registration import PoseStart, Registration, RegistrationStatus
from tracking.snapshot import KernelState, Snapshot

FAR_MM = 60.0  # more than twice of what a hand moves a cone within a frame


@pytest.fixture(scope="module")
def source() -> SimulatedSource:
    return open_simulation("sim:bench", read_catalogue(None).applicators)


@pytest.fixture(scope="module")
def first_frame(source: SimulatedSource) -> SourceFrame:
    return source.frame(0)


@pytest.fixture
def tracker(source: SimulatedSource, tmp_path: Path) -> Tracker:
    for name, text in source.header.embedded:
        (tmp_path / name).write_text(text)
    config = load_config(tmp_path / "rig.toml", tmp_path / "plan.toml")
    evidence = evidence_for(source.header, config.rig, None).evidence
    return Tracker(config, MaskSegmenter(), evidence)


def starts(
    tracker: Tracker,
    frame: SourceFrame,
    registrations: list[Registration],
    monkeypatch: pytest.MonkeyPatch,
) -> list[FrameRecord]:
    """Records of frames for which `register` returns these."""
    found: Iterator[Registration] = iter(registrations)
    monkeypatch.setattr(pipeline.measurer, "register", lambda *_, **__: next(found))
    records = []
    for index in range(len(registrations)):
        stamped = replace(frame.frame, frame_index=index, stamp_ns=index * FRAME_NS)
        records.append(tracker.process(replace(frame, frame=stamped)).record)
    return records


def pose_of(frame: SourceFrame, shift_mm: float = 0.0) -> Float:
    assert frame.truth is not None
    pose = frame.truth.camera_from_applicator
    assert pose is not None
    return changed_pose(pose, np.array([0.0, 0.0, 0.0, shift_mm, 0.0, 0.0]))


def test_a_jump_is_told_as_a_search_in_record_and_gate(
    tracker: Tracker, first_frame: SourceFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = pose_of(first_frame), pose_of(first_frame, FAR_MM)
    found = [
        make_registration(here),
        make_registration(here, start=PoseStart.TRACKED),
        make_registration(there, start=PoseStart.TRACKED),
        make_registration(there, start=PoseStart.TRACKED),
        Registration(RegistrationStatus.NO_APPLICATOR),
        make_registration(there, start=PoseStart.TRACKED),
    ]
    records = starts(tracker, first_frame, found, monkeypatch)
    told = [record.registration.start for record in records]
    searched, tracked = PoseStart.SEARCHED, PoseStart.TRACKED
    assert told == [searched, tracked, searched, tracked, searched, searched]
    written = [record.to_json()["registration"]["start"] for record in records]
    assert written == ["SEARCHED", "TRACKED", "SEARCHED", "TRACKED", None, "SEARCHED"]


def test_what_the_gate_sees_is_what_the_record_says(
    tracker: Tracker, first_frame: SourceFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def watched(snapshot: Snapshot, state: KernelState) -> tuple[GateDecision, KernelState]:
        seen.append(snapshot.pose_start)
        return decide(snapshot, state)

    monkeypatch.setattr(pipeline.tracker, "decide", watched)
    here, there = pose_of(first_frame), pose_of(first_frame, FAR_MM)
    found = [make_registration(here)]
    found += [make_registration(pose, start=PoseStart.TRACKED) for pose in (here, there, there)]
    records = starts(tracker, first_frame, found, monkeypatch)
    assert seen == [record.registration.start for record in records]
    assert seen.count(PoseStart.SEARCHED) == 2
