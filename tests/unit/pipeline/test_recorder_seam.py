"""What a part takes over from the one before: the revision of the plan in force."""

from __future__ import annotations

import json

from pipeline.recorder.handed import Handed
from pipeline.recorder.seam import Seam
from recordings.session import schema
from recordings.session.writer import EncodedFrame
from tests.recording_frames import make_frames
from tracking.frame import LiveNotes


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
