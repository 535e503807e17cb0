"""A live recording's messages for viewers: the cone's place, and the verdict where it changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.Log_pb2 import Log
from mcap.reader import make_reader

from pipeline.recorder.client import recording_to
from pipeline.recorder.handed import Handed
from pipeline.recorder.viewer_notes import ViewerNotes
from recordings.progress import unheard
from recordings.session import schema
from recordings.session.parts import later_parts
from recordings.session.reader import SessionSource
from recordings.session.recover import recover
from recordings.session.writer import EncodedFrame, encoded
from tests.recording_frames import make_frames, make_header, read_all
from tracking.frame import LiveNotes

TURNED = [[0.0, -1.0, 0.0, 10.0], [1.0, 0.0, 0.0, -20.0], [0.0, 0.0, 1.0, 400.0], [0, 0, 0, 1]]


def notes(verdict: str = "HOLD", *reasons: str, pose: object = None) -> LiveNotes:
    record = {
        "verdict": verdict,
        "reasons": list(reasons),
        "registration": {"camera_from_applicator": pose},
    }
    return LiveNotes('{"ordinal": 0}', json.dumps(record))


def frame(told: LiveNotes | None) -> EncodedFrame:
    return encoded(make_frames(1)[0], None, told)


def parsed(data: bytes, kind: type[Log] | type[FrameTransform]) -> Log | FrameTransform:
    message = kind()
    message.ParseFromString(data)
    return message


def log_of(one: EncodedFrame) -> str | None:
    data = dict(one.parts).get(schema.LOG_TOPIC)
    if data is None:
        return None
    entry = parsed(data, Log)
    assert isinstance(entry, Log)
    return entry.message


def test_a_verdict_is_logged_where_it_changes() -> None:
    viewer = ViewerNotes()
    told = [
        notes("HOLD", "AIR_GAP_HIGH"),
        notes("HOLD", "AIR_GAP_HIGH"),
        notes("HOLD", "TILT_HIGH", "AIR_GAP_HIGH"),
        notes("READY"),
        None,
        notes("READY"),
    ]
    logs = [log_of(viewer.added(frame(each))) for each in told]
    assert logs == ["HOLD AIR_GAP_HIGH", None, "HOLD TILT_HIGH, AIR_GAP_HIGH", "READY", None, None]


def test_the_place_of_the_cone_is_told_in_metres() -> None:
    added = dict(ViewerNotes().added(frame(notes(pose=TURNED))).parts)
    transform = parsed(added[schema.TRANSFORM_TOPIC], FrameTransform)
    assert isinstance(transform, FrameTransform)
    place, turn = transform.translation, transform.rotation
    assert (place.x, place.y, place.z) == pytest.approx((0.01, -0.02, 0.4))
    half = np.sqrt(0.5)
    assert (turn.x, turn.y, turn.z, turn.w) == pytest.approx((0, 0, half, half))
    assert (transform.parent_frame_id, transform.child_frame_id) == ("camera", "applicator")


@pytest.mark.parametrize("told", [None, notes("?"), LiveNotes("{}", '{"frame_index": 0}')])
def test_what_a_record_does_not_say_is_not_told(told: LiveNotes | None) -> None:
    topics = [topic for topic, _ in ViewerNotes().added(frame(told)).parts]
    assert schema.TRANSFORM_TOPIC not in topics
    assert schema.LOG_TOPIC not in topics


def test_a_part_begins_with_the_verdict_that_stands() -> None:
    viewer, plain = ViewerNotes(), frame(notes("HOLD", "AIR_GAP_HIGH"))
    assert viewer.begun(plain) is plain
    first = viewer.added(plain)
    assert viewer.begun(first) is first  # it has its own
    assert log_of(viewer.begun(viewer.added(plain))) == "HOLD AIR_GAP_HIGH"


def entries(path: Path) -> Iterator[tuple[str, str, bytes]]:
    with path.open("rb") as stream:
        for kind, channel, message in make_reader(stream).iter_messages():
            yield channel.topic, kind.name if kind else "", message.data


def test_a_live_recording_holds_them_in_every_part_and_is_read_and_recovered_as_before(
    tmp_path: Path,
) -> None:
    path, frames = tmp_path / "s.mcap", make_frames(6)
    header = replace(make_header(), origin="live")
    limit = 130_000
    with recording_to(path, header, limit_bytes=limit) as recorder:
        for one in frames:
            told = notes("HOLD", "AIR_GAP_HIGH", pose=TURNED)
            recorder.write(partial(Handed.of, one, None, told))
        recorder.close()
    parts = [path, *later_parts(path)]
    assert len(parts) > 1
    seen = [list(entries(part)) for part in parts]
    for part in seen:
        assert [t for t, _, _ in part].count(schema.LOG_TOPIC) == 1
        assert (schema.LOG_TOPIC, "foxglove.Log") in {(t, kind) for t, kind, _ in part}
    transforms = sum([t for t, _, _ in part].count(schema.TRANSFORM_TOPIC) for part in seen)
    assert transforms == len(frames)
    read = [each for part in parts for each in read_all(SessionSource(part))]
    assert [each.frame.depth_sha256 for each in read] == [f.frame.depth_sha256 for f in frames]
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(path.read_bytes()[:-100])
    recover(cut, tmp_path / "again.mcap", unheard)
    again = [(t, data) for t, _, data in entries(tmp_path / "again.mcap")]
    assert [e for e in again if e[0] in (schema.LOG_TOPIC, schema.TRANSFORM_TOPIC)] == [
        (t, data) for t, _, data in seen[0] if t in (schema.LOG_TOPIC, schema.TRANSFORM_TOPIC)
    ]
