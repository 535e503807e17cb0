"""A revision of the plan goes into a recording, and its replay is decided by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from calibration.text_file import content_id
from models.mask_segmenter import MaskSegmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import RunConfig, load_config
from pipeline.recorder.around import AroundRecord
from pipeline.recorder.client import LiveRecorder
from pipeline.recorder.comparison import LiveComparison
from pipeline.recorder.handed import Handed
from pipeline.recorder.noting import SessionNotes
from pipeline.recorder.recorded_tracker import RecordedTracker
from pipeline.recorder.recorder_status import RecorderStatus
from pipeline.recorder.revision_record import RevisionRecord
from pipeline.recorder.texts import header_of_session
from pipeline.session.running import running_identities
from pipeline.surroundings import Surroundings
from pipeline.tracker import Tracker
from pipeline.workflow.drawings import Drawing
from pipeline.workflow.revision import can_hold, revised
from recordings.simulation.source import open_simulation
from tracking.area import MarkedArea
from tracking.marks import AREA_AT_RISK, Marks
from tracking.outline import Outline
from tracking.reasons import Reason
from tracking.snapshot import Evidence, SessionEvidence

SCENARIO = "sim:docking"


def config_in(folder: Path) -> RunConfig:
    source = open_simulation(SCENARIO, read_catalogue(None).applicators)
    for name, text in source.header.embedded:
        (folder / name).write_text(text)
    return load_config(folder / "rig.toml", folder / "plan.toml")


def drawn(folder: Path) -> tuple[RunConfig, RunConfig, Marks]:
    base = config_in(folder)
    text = base.texts["plan"]
    if not can_hold(base.plan, AREA_AT_RISK):
        text = text.replace("[limits]", "[limits]\ncoverage_fraction = {minimum = 0.9}")
        (folder / "plan.toml").write_text(text)
        base = load_config(folder / "rig.toml", folder / "plan.toml")
    outline = Outline(7, ((100.25, 90.5), (180.125, 95.0), (150.0, 160.0 / 3)))
    config = revised(
        base, base.plan.applicator_id, [Drawing(AREA_AT_RISK, outline, "surgeon-1", None)]
    )
    rng = np.random.default_rng(0)
    weights = rng.random(50)
    area = MarkedArea(rng.random((50, 3)), weights / weights.sum(), 1 / 3, np.eye(3) / 7)
    return base, config, Marks(((AREA_AT_RISK, area),), 5)


def test_the_plan_has_its_id_and_its_outline(tmp_path: Path) -> None:
    base, config, marks = drawn(tmp_path)
    assert config.plan.id != base.plan.id
    record = RevisionRecord.of(base, config, marks)
    again = RevisionRecord.model_validate_json(record.model_dump_json())
    back = again.config(base)
    assert back.plan.id == config.plan.id == content_id(back.plan.plan_id, back.texts["plan"])
    assert back.plan == config.plan
    assert running_identities(back, "m") == running_identities(config, "m")


def test_areas_come_back_to_the_last_bit(tmp_path: Path) -> None:
    base, config, marks = drawn(tmp_path)
    text = RevisionRecord.of(base, config, marks).model_dump_json()
    back = RevisionRecord.model_validate_json(text).marks
    assert back.origin_frame_index == 5
    got, want = back.area(AREA_AT_RISK), marks.area(AREA_AT_RISK)
    assert got is not None
    assert want is not None
    assert np.array_equal(got.points_survey_mm, want.points_survey_mm)
    assert np.array_equal(got.weights, want.weights)
    assert np.array_equal(got.covariance_mm2, want.covariance_mm2)
    assert got.spacing_mm == want.spacing_mm


def test_a_time_out_for_something_else_is_told_and_is_none(tmp_path: Path) -> None:
    running = running_identities(config_in(tmp_path), "m")
    evidence = SessionEvidence(time_out=Evidence.PROVEN, qa=Evidence.PROVEN)
    around = Surroundings(evidence, running, 3, frozenset({Reason.AUDIT_FAILED}))
    text = AroundRecord.of(around, 40.125, 9).model_dump_json()
    record = AroundRecord.model_validate_json(text)
    assert (record.ordinal, record.age_ms) == (9, 40.125)
    assert record.surroundings(running) == around
    other = record.surroundings(replace(running, patient="another"))
    assert other.evidence.time_out is Evidence.MISSING
    assert other.evidence.qa is Evidence.PROVEN
    assert other.confirmed == running


class Kept:
    """Stands where the recorder does, and keeps what it is handed."""

    status = RecorderStatus()

    def __init__(self) -> None:
        self.handed: list[Handed] = []

    def write(self, made: Callable[[], Handed]) -> bool:
        self.handed.append(made())
        return True


def test_a_replay_is_decided_by_the_revision_from_its_frame_on(tmp_path: Path) -> None:
    base, config, _ = drawn(tmp_path)
    source = open_simulation(SCENARIO, base.applicators)
    header = header_of_session(replace(source.header, origin="live"), base, "s", "m")
    kept, segmenter = Kept(), MaskSegmenter()
    notes = SessionNotes(cast(LiveRecorder, kept))
    evidence = SessionEvidence()
    ask = notes.around(lambda _facts: Surroundings(evidence, faults=frozenset()))
    tracker = Tracker(base, segmenter, evidence, age_ms=notes.aged(lambda _frame: 40.0), ask=ask)
    live = []
    for index in range(4):
        if index == 2:
            tracker.revise(config, Marks())
        frame = source.read()
        assert frame is not None
        notes.begin(tracker)
        result = tracker.process(frame, notes.as_recorded)
        notes.decided(result)
        live.append(result.record)
    assert [record.ids.plan for record in live] == [base.plan.id] * 2 + [config.plan.id] * 2
    replayed = RecordedTracker(header, base, segmenter, evidence)
    for handed in kept.handed:
        replayed.process(replace(handed.source_frame, live=handed.notes))
    assert replayed.comparison == LiveComparison(n_equal=4)
    without = RecordedTracker(header, base, segmenter, evidence)
    for k, handed in enumerate(kept.handed):
        if k != 2:  # as if the frame had been dropped
            without.process(replace(handed.source_frame, live=handed.notes))
    assert without.comparison is not None
    assert without.comparison.n_unrecorded == 1
    assert without.comparison.first_differing == kept.handed[3].source_frame.frame.frame_index
