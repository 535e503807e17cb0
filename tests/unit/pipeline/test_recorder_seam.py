"""What a part takes over from the one before: the revision of the plan in force."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

from models.mask_segmenter import MaskSegmenter
from pipeline.recorder.client import LiveRecorder
from pipeline.recorder.handed import Handed
from pipeline.recorder.noting import SessionNotes
from pipeline.recorder.recorded_tracker import RecordedTracker
from pipeline.recorder.seam import Seam
from pipeline.recorder.texts import header_of_session
from pipeline.surroundings import Surroundings
from pipeline.tracker import Tracker
from recordings.session import schema
from recordings.session.parts import part_path
from recordings.session.reader import SessionSource
from recordings.session.rotating import RotatingWriter
from recordings.session.writer import EncodedFrame
from recordings.simulation.source import open_simulation
from tests.recording_frames import make_frames
from tests.unit.pipeline.test_recorded_revision import SCENARIO, Kept, drawn
from tracking.frame import LiveNotes
from tracking.marks import Marks
from tracking.snapshot import SessionEvidence


def notes(revision: object, ordinal: int = 0) -> LiveNotes:
    around = {"ordinal": ordinal, "age_ms": 40.1, "revision": revision}
    return LiveNotes(json.dumps(around), '{"frame_index": 0}')


def frame(told: LiveNotes | None) -> EncodedFrame:
    return Handed.of(make_frames(1)[0], None, told).encoded()


def revision_in(encoded: EncodedFrame) -> object:
    return json.loads(dict(encoded.parts)[schema.AROUND_TOPIC])["revision"]


def test_a_part_begins_with_the_last_revision() -> None:
    seam = Seam()
    plain = frame(notes(None))
    assert seam.begun(plain) is plain
    for told in (notes({"plan": "a"}), notes({"plan": "é", "x": 1 / 3}), notes(None), None):
        seam.passed(told)
    begun = seam.begun(frame(notes(None, 7)))
    assert revision_in(begun) == {"plan": "é", "x": 1 / 3}
    around = json.loads(dict(begun.parts)[schema.AROUND_TOPIC])
    assert (around["ordinal"], around["age_ms"]) == (7, 40.1)
    assert [topic for topic, _ in begun.parts] == [topic for topic, _ in plain.parts]


def test_a_frame_with_its_own_revision_or_without_notes_stays_as_it_is() -> None:
    seam = Seam()
    seam.passed(notes({"plan": "a"}))
    own, bare = frame(notes({"plan": "b"})), frame(None)
    assert seam.begun(own) is own
    assert seam.begun(bare) is bare


def test_a_part_after_a_revision_is_replayed_by_it_alone(tmp_path: Path) -> None:
    base, config, _ = drawn(tmp_path)
    source = open_simulation(SCENARIO, base.applicators)
    header = header_of_session(replace(source.header, origin="live"), base, "s", "m")
    kept, segmenter, evidence = Kept(), MaskSegmenter(), SessionEvidence()
    told = SessionNotes(cast(LiveRecorder, kept))
    ask = told.around(lambda _facts: Surroundings(evidence, faults=frozenset()))
    tracker = Tracker(base, segmenter, evidence, age_ms=told.aged(lambda _frame: 40.0), ask=ask)
    for index in range(4):
        if index == 1:
            tracker.revise(config, Marks())
        read = source.read()
        assert read is not None
        told.begin(tracker)
        told.decided(tracker.process(read, told.as_recorded))
    path, seam = tmp_path / "s.mcap", Seam()
    with RotatingWriter(path, header, limit_bytes=1, begin_part=seam.begun) as writer:
        for handed in kept.handed:
            writer.write_encoded(handed.encoded())
            seam.passed(handed.notes)
    assert writer.n_parts == 4
    for number, plan in enumerate((base.plan.id, *[config.plan.id] * 3), start=1):
        part = SessionSource(part_path(path, number))
        replayed = RecordedTracker(part.header, base, segmenter, evidence)
        frame = part.read()
        assert frame is not None
        assert replayed.process(frame).record.ids.plan == plan
        part.close()
        assert replayed.comparison is not None
        assert (replayed.comparison.n_earlier, replayed.comparison.n_unrecorded) == (number - 1, 0)
