"""A de-identified copy is whole or not there, and tells no date where none is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from mcap.reader import make_reader

from pipeline.audit.key_files import make_key_files
from pipeline.cli.app import main
from pipeline.privacy.deidentify import deidentify
from pipeline.recorder.around import AroundRecord
from recordings.progress import unheard
from recordings.session import schema
from recordings.session.parts import PartRecord, part_of, part_path, with_part
from recordings.session.reader import SessionSource
from recordings.session.rotating import RotatingWriter
from recordings.session.verify import verify_session
from recordings.session.writer import SessionWriter, encoded
from recordings.source import SourceHeader
from tests.recording_frames import make_frames, make_header, read_all
from tests.unit.recordings.test_mcap_cut import CAMERA, chunks
from tracking.errors import SourceError, UsageError
from tracking.frame import LiveNotes, SourceFrame

KEY = bytes(range(32))
N_FRAMES = 8  # of 70 kB of noise each: more than one chunk
START_NS = 1_767_258_000_000_000_000  # 2026-01-01T09:00:00Z, as a host's clock counts
AGE_MS = 40.25
WHOLE = 2**30  # bytes: everything in one part


def live_header() -> SourceHeader:
    return replace(make_header(CAMERA), origin="live", embedded=())


def live_frames(start_ns: int = START_NS) -> list[SourceFrame]:
    """Exposed from `start_ns` on, with what was decided on them."""
    frames = []
    for ordinal, made in enumerate(make_frames(N_FRAMES, CAMERA)):
        stamp_ns, arrival_ns = made.frame.stamp_ns + start_ns, made.frame.arrival_ns + start_ns
        frame = replace(made.frame, stamp_ns=stamp_ns, arrival_ns=arrival_ns)
        around = AroundRecord(
            ordinal=ordinal,
            age_ms=AGE_MS,
            evidence={},
            confirmed=None,
            acknowledged_frame=None,
            faults=[],
        )
        record = {
            "frame_index": frame.frame_index,
            "stamp_ns": stamp_ns,
            "stage_ms": {"total": 7.5},
            "ids": {"plan": "P@1", "rig": "R@1", "catalogue": "c@1"},
        }
        notes = LiveNotes(around.model_dump_json(), json.dumps(record))
        frames.append(replace(made, frame=frame, live=notes))
    return frames


def written(path: Path, frames: Sequence[SourceFrame], limit_bytes: int = WHOLE) -> Path:
    path.parent.mkdir(exist_ok=True)
    with RotatingWriter(path, live_header(), limit_bytes=limit_bytes) as writer:
        for frame in frames:
            writer.write_encoded(encoded(frame, notes=frame.live))
    return path


def undated(path: Path, out: Path) -> list[SourceFrame]:
    """Frames of the copy without its date."""
    out.parent.mkdir(exist_ok=True)
    deidentify(path, out, KEY, unheard, keep_date=False)
    return read_all(SessionSource(out))


def header_of(path: Path) -> SourceHeader:
    source = SessionSource(path)
    source.close()
    return source.header


def stamps(frames: Sequence[SourceFrame]) -> list[int]:
    return [frame.frame.stamp_ns for frame in frames]


def test_without_its_date_every_time_counts_from_the_first_frame(tmp_path: Path) -> None:
    path, out = written(tmp_path / "s.mcap", live_frames()), tmp_path / "copy" / "c.mcap"
    before, after = read_all(SessionSource(path)), undated(path, out)
    assert stamps(after) == [stamp_ns - START_NS for stamp_ns in stamps(before)]
    assert stamps(after)[0] == 0
    for old, new in zip(before, after, strict=True):
        assert old.frame.arrival_ns - new.frame.arrival_ns == START_NS
        assert old.live is not None
        assert new.live is not None
        record, told = json.loads(old.live.record), json.loads(new.live.record)
        assert told["stamp_ns"] == new.frame.stamp_ns
        assert told["stage_ms"] == record["stage_ms"]
        assert json.loads(new.live.around)["age_ms"] == AGE_MS
    assert str(START_NS)[:7].encode() in path.read_bytes()
    assert str(START_NS)[:7].encode() not in out.read_bytes()
    note = json.loads(dict(header_of(out).embedded)["deidentified.json"])
    assert note["has_date"] is False


def test_nor_do_the_times_of_messages_and_images_tell_it(tmp_path: Path) -> None:
    path, out = written(tmp_path / "s.mcap", live_frames()), tmp_path / "copy" / "c.mcap"
    undated(path, out)
    n_images = 0
    with out.open("rb") as stream:
        for _, channel, message in make_reader(stream).iter_messages():
            assert 0 <= message.log_time < START_NS // 2
            assert 0 <= message.publish_time < START_NS // 2
            if channel.topic == schema.DEPTH_TOPIC:
                image = CompressedImage()
                image.ParseFromString(message.data)
                assert image.timestamp.seconds == 0
                n_images += 1
    assert n_images == N_FRAMES


def test_with_its_date_and_on_a_clock_from_0_all_times_stay(tmp_path: Path) -> None:
    dated = written(tmp_path / "s.mcap", live_frames())
    out = tmp_path / "d.mcap"
    deidentify(dated, out, KEY, unheard)
    for old, new in zip(live_frames(), read_all(SessionSource(out)), strict=True):
        assert (new.frame.stamp_ns, new.frame.arrival_ns) == (
            old.frame.stamp_ns,
            old.frame.arrival_ns,
        )
        assert new.live is not None
        assert json.loads(new.live.record)["stamp_ns"] == old.frame.stamp_ns
    from_0 = written(tmp_path / "z.mcap", live_frames(0))
    both = [tmp_path / "with.mcap", tmp_path / "without.mcap"]
    for path, keep_date in zip(both, (True, False), strict=True):
        deidentify(from_0, path, KEY, unheard, keep_date=keep_date)
    told = [read_all(SessionSource(path)) for path in both]
    assert stamps(told[0]) == stamps(told[1]) == stamps(live_frames(0))
    assert [frame.live for frame in told[0]] == [frame.live for frame in told[1]]


def test_copies_of_parts_follow_one_another(tmp_path: Path) -> None:
    first = written(tmp_path / "s" / "s.mcap", live_frames(), limit_bytes=1)
    paths = [part_path(first, k + 1) for k in range(N_FRAMES)]
    found = [stamps(undated(path, tmp_path / "c" / path.name)) for path in paths]
    assert [[stamp_ns - START_NS] for stamp_ns in stamps(live_frames())] == found
    ids = set()
    for path in paths:
        part = part_of(header_of(tmp_path / "c" / path.name))
        assert part is not None
        ids.add(part.session_id)
    assert len(ids) == 1


def test_a_part_without_the_first_counts_from_its_own_first_frame(tmp_path: Path) -> None:
    first = written(tmp_path / "s" / "s.mcap", live_frames(), limit_bytes=1)
    alone = tmp_path / "alone" / part_path(first, 3).name
    alone.parent.mkdir()
    alone.write_bytes(part_path(first, 3).read_bytes())
    assert stamps(undated(alone, tmp_path / "c" / "one.mcap")) == [0]
    other = with_part(live_header(), PartRecord(part=1, session_id="of another recording"))
    with SessionWriter(alone.parent / first.name, other) as writer:
        writer.write_encoded(encoded(live_frames()[0]))
    assert stamps(undated(alone, tmp_path / "c" / "two.mcap")) == [0]


def _arrived_on_another_clock(frames: list[SourceFrame]) -> list[SourceFrame]:
    from_0 = live_frames(0)
    arrival_ns = frames[-1].frame.arrival_ns
    last = replace(from_0[-1], frame=replace(from_0[-1].frame, arrival_ns=arrival_ns))
    return [*from_0[:-1], last]


def _with_a_record_without_stamp(frames: list[SourceFrame]) -> list[SourceFrame]:
    live = frames[1].live
    assert live is not None
    record = json.dumps({**json.loads(live.record), "stamp_ns": None})
    return [frames[0], replace(frames[1], live=replace(live, record=record))]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (_arrived_on_another_clock, "cannot be counted"),
        (lambda frames: frames[::-1], "cannot be counted"),  # a time before the first
        (_with_a_record_without_stamp, "live record of frame"),
    ],
)
def test_a_time_that_would_tell_the_date_or_none_is_refused(
    tmp_path: Path, changed: Callable[[list[SourceFrame]], list[SourceFrame]], says: str
) -> None:
    path, out = written(tmp_path / "s.mcap", changed(live_frames())), tmp_path / "c" / "c.mcap"
    with pytest.raises(SourceError, match=says) as refused:
        undated(path, out)
    assert "with its date" in refused.value.remedy
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SourceError("the disk is gone")])
def test_whatever_stops_a_copy_leaves_none(tmp_path: Path, error: BaseException) -> None:
    path, out = written(tmp_path / "s.mcap", live_frames()), tmp_path / "c" / "c.mcap"
    out.parent.mkdir()

    def stopped(done: int, _total: int | None) -> None:
        if done == N_FRAMES - 1:
            raise error

    with pytest.raises(type(error)):
        deidentify(path, out, KEY, stopped)
    assert list(out.parent.iterdir()) == []
    deidentify(path, out, KEY, unheard)
    assert verify_session(out, unheard).n_frames == N_FRAMES


def test_a_damaged_session_is_refused_until_it_is_recovered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "s" / "s.mcap", live_frames())
    data = bytearray(path.read_bytes())
    start, end = chunks(bytes(data))[-1]
    data[(start + end) // 2] ^= 0x10
    path.write_bytes(data)
    keys, _ = make_key_files(tmp_path / "kept" / "keys")
    out = tmp_path / "c" / "c.mcap"
    out.parent.mkdir()
    copy = ["sessions", "deidentify", str(path), str(out), "--key", str(keys.pseudonym)]
    assert main(copy) == 5
    assert "sessions recover FILE NEW" in " ".join(capsys.readouterr().err.split())
    assert list(out.parent.iterdir()) == []
    again = tmp_path / "s" / "again.mcap"
    assert main(["sessions", "recover", str(path), str(again)]) == 0
    assert main([*copy[:2], str(again), *copy[3:]]) == 0
    assert "recovery.json" in dict(header_of(out).embedded)
    capsys.readouterr()
    assert main(["sessions", "verify", str(out)]) == 0
    assert "was recovered from a damaged file" in capsys.readouterr().out


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    path, out = written(tmp_path / "s.mcap", live_frames()), tmp_path / "c.mcap"
    for taken in (out, tmp_path / "c.mcap.partial"):
        taken.write_bytes(b"another's")
        with pytest.raises(UsageError, match="cannot create"):
            deidentify(path, out, KEY, unheard)
        assert taken.read_bytes() == b"another's"
        taken.unlink()
