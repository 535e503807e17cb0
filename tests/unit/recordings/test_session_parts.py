"""A recording in parts: no file too large, no frame lost or doubled, each part by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recordings.progress import unheard
from recordings.recorder import record_session
from recordings.session.neighbours import about_file
from recordings.session.part_limit import LIMIT_BYTES
from recordings.session.parts import (
    PartRecord,
    first_path,
    later_parts,
    part_of,
    part_path,
    session_id_of,
)
from recordings.session.reader import SessionSource
from recordings.session.rotating import RotatingWriter
from recordings.session.verify import verify_session
from recordings.session.writer import SessionWriter
from tests.recording_frames import assert_same_depth, make_frames, make_header, read_all
from tracking.camera import CameraIntrinsics
from tracking.errors import UsageError

CAMERA = CameraIntrinsics(160, 120, 150.0, 150.0, 80.0, 60.0)
N_FRAMES = 40
LIMIT = 700_000  # a few frames beside what is kept free for the open chunk and the summary


def written(folder: Path, *, each_frame: bool, limit: int = LIMIT) -> list[Path]:
    path = folder / "s.mcap"
    frames = make_frames(N_FRAMES, CAMERA)
    with RotatingWriter(
        path, make_header(CAMERA), each_frame=each_frame, limit_bytes=limit
    ) as writer:
        for frame in frames:
            writer.write(frame)
    assert writer.n_frames == N_FRAMES
    paths = [part_path(path, k + 1) for k in range(writer.n_parts)]
    assert sorted(folder.iterdir()) == sorted(paths) == paths
    return paths


@pytest.mark.parametrize("each_frame", [True, False])
def test_parts_stay_below_the_limit_and_hold_every_frame_once(
    tmp_path: Path, *, each_frame: bool
) -> None:
    paths = written(tmp_path, each_frame=each_frame)
    assert len(paths) > 3
    want = make_frames(N_FRAMES, CAMERA)
    n_before, session_ids = 0, set()
    for number, path in enumerate(paths, start=1):
        assert path.stat().st_size <= LIMIT
        assert verify_session(path, unheard).is_whole
        source = SessionSource(path)
        part = part_of(source.header)
        assert part is not None
        assert (part.part, part.n_frames_before) == (number, n_before)
        session_ids.add(part.session_id)
        assert dict(source.header.embedded)["rig.toml"] == "schema = 1\n"
        frames = read_all(source)
        assert source.damage is None
        assert frames
        for got, expected in zip(frames, want[n_before:], strict=False):
            assert_same_depth(got, expected)
        n_before += len(frames)
    assert n_before == N_FRAMES
    assert len(session_ids) == 1


def test_a_limit_is_reached_by_no_part_of_any_size(tmp_path: Path) -> None:
    for k in range(6):
        folder = tmp_path / str(k)
        folder.mkdir()
        limit = LIMIT + k * 31_337
        paths = written(folder, each_frame=True, limit=limit)
        assert max(path.stat().st_size for path in paths) <= limit


def test_a_frame_that_is_larger_than_the_limit_has_its_own_part(tmp_path: Path) -> None:
    assert len(written(tmp_path, each_frame=True, limit=1)) == N_FRAMES


def test_parts_are_found_by_name_and_in_order(tmp_path: Path) -> None:
    first = tmp_path / "a.b.mcap"
    assert part_path(first, 1) == first
    paths = [part_path(first, k) for k in (2, 3, 10, 100)]
    assert [path.name for path in paths[:1]] == ["a.b.part002.mcap"]
    assert sorted(paths) == paths
    assert {first_path(path) for path in (first, *paths)} == {first}
    for path in (*paths, tmp_path / "a.mcap", tmp_path / "a.b.part2.mcap"):
        path.touch()
    assert later_parts(first) == paths


def test_nothing_is_overwritten_and_no_limit_is_raised(tmp_path: Path) -> None:
    (tmp_path / "s.part003.mcap").write_bytes(b"x")
    with pytest.raises(UsageError, match="cannot create"):
        RotatingWriter(tmp_path / "s.mcap", make_header())
    assert not (tmp_path / "s.mcap").exists()
    for limit in (0, LIMIT_BYTES + 1):
        with pytest.raises(ValueError, match="limit"):
            RotatingWriter(tmp_path / "t.mcap", make_header(), limit_bytes=limit)
    with RotatingWriter(tmp_path / "u.mcap", make_header(CAMERA), limit_bytes=1) as writer:
        for frame in make_frames(2, CAMERA):
            writer.write(frame)
        (tmp_path / "u.part003.mcap").write_bytes(b"x")
        with pytest.raises(UsageError, match="cannot create"):
            writer.write(make_frames(1, CAMERA)[0])
        assert (writer.n_frames, writer.n_parts) == (2, 2)


def test_the_session_is_the_live_one_or_made_of_the_header() -> None:
    header = make_header()
    assert session_id_of(header) == session_id_of(make_header())
    assert session_id_of(header) != session_id_of(replace(header, device_serial="other"))
    live = replace(header, embedded=(("session.json", '{"session_id": "2026-01"}'),))
    assert session_id_of(live) == "2026-01"
    for text in ("[]", "{", '{"session_id": 3}'):
        assert len(session_id_of(replace(header, embedded=(("session.json", text),)))) == 16


def test_a_part_that_says_nonsense_is_none() -> None:
    header = make_header()
    for text in ("{", "[]", '{"part": 0, "session_id": "x"}', '{"part": 1}', '{"part": -1}'):
        assert part_of(replace(header, embedded=(("part.json", text),))) is None
    assert part_of(header) is None


def test_parts_tell_how_they_fit(tmp_path: Path) -> None:
    paths = written(tmp_path, each_frame=True)
    first, second, third = paths[:3]
    assert about_file(first).endswith(f"goes on in {second.name}")
    assert f"follows {first.name} without a gap; goes on in {third.name}" in about_file(second)
    assert "without a gap" in about_file(paths[-1])
    assert "goes on" not in about_file(paths[-1])
    data = first.read_bytes()
    first.write_bytes(data[:-100])
    assert "cut short" in about_file(second)
    first.unlink()
    assert "part 1 is not beside it" in about_file(second)
    with SessionWriter(first, make_header(CAMERA)) as other:
        other.write(make_frames(1, CAMERA)[0])
    assert "another recording" in about_file(second)
    assert about_file(first) == ""
    moved = tmp_path / "other name.mcap"
    second.rename(moved)
    assert "part 1 is not beside it" in about_file(moved)
    first.write_bytes(b"x")
    assert "no readable header" in about_file(third) or "is not beside" in about_file(third)


def test_a_part_with_fewer_frames_than_were_recorded_is_told(tmp_path: Path) -> None:
    first, second, *_ = written(tmp_path, each_frame=True)
    source = SessionSource(first)
    frames = read_all(source)
    header = source.header
    first.unlink()
    with SessionWriter(first, header) as writer:
        for frame in frames[:-1]:
            writer.write(frame)
    assert f"holds {len(frames) - 1} frames, {len(frames)} were recorded" in about_file(second)


def test_a_source_is_copied_in_parts(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mcap"
    with SessionWriter(whole, make_header(CAMERA)) as writer:
        for frame in make_frames(N_FRAMES, CAMERA):
            writer.write(frame)
    source = SessionSource(whole)
    done = record_session(source, tmp_path / "c.mcap", limit_bytes=LIMIT)
    source.close()
    assert done.n_frames == N_FRAMES
    paths = [part_path(tmp_path / "c.mcap", k + 1) for k in range(done.n_parts)]
    assert sum(len(read_all(SessionSource(path))) for path in paths) == N_FRAMES
    assert done.n_parts > 1
    assert PartRecord(part=2, session_id="x").n_frames_before == 0
