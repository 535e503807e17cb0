"""A part says at its end whether the recording goes on: a last part that is missing is told."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from mcap.reader import make_reader

from pipeline.privacy.deidentify import deidentify
from recordings.progress import unheard
from recordings.session import writer
from recordings.session.chained import ChainedSource, parts_beside
from recordings.session.chunks import FRAMING, DamagedError
from recordings.session.neighbours import about_file
from recordings.session.part_end import END_NAME, MAX_END_CHARS, end_record, told_end
from recordings.session.parts import later_parts
from recordings.session.reader import SessionSource
from recordings.session.records import FOOTER_BYTES
from recordings.session.recover import recover
from recordings.session.rotating import RotatingWriter
from recordings.session.sealed_text import sealed, unsealed
from recordings.session.verify import verify_session
from recordings.session.writer import SessionWriter
from tests.recording_frames import make_frames, make_header, read_all
from tests.unit.recordings.test_crafted_sessions import WITHIN_BYTES, WITHIN_S, costs_of
from tests.unit.recordings.test_mcap_cut import CAMERA
from tracking.errors import UsageError

N_FRAMES = 3  # each in a part of its own
KEY = bytes(range(32))


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    first, header = tmp_path / "s.mcap", replace(make_header(CAMERA), embedded=())
    with RotatingWriter(first, header, each_frame=True, limit_bytes=1) as made:
        for frame in make_frames(N_FRAMES, CAMERA):
            made.write(frame)
    return [first, *later_parts(first)]


def goes_on(path: Path) -> bool | None:
    source = SessionSource(path)
    source.close()
    return source.goes_on


def read_through(first: Path) -> tuple[int, str | None]:
    """How many frames all parts beside it have, and why they end."""
    source = ChainedSource(parts_beside(first))
    n_frames = 0
    while source.read() is not None:
        n_frames += 1
    source.close()
    return n_frames, source.damage


def test_only_the_last_part_says_that_it_is_the_last(parts: list[Path]) -> None:
    assert [goes_on(path) for path in parts] == [True, True, False]
    assert all(verify_session(path, unheard).is_whole for path in parts)
    assert read_through(parts[0]) == (N_FRAMES, None)
    assert about_file(parts[-1]).endswith("; the last part")
    for path in parts:
        with path.open("rb") as stream:
            names = [found.name for found in make_reader(stream).iter_metadata()]
        assert names.count(END_NAME) == 1  # as any reader of the format finds it


def test_a_last_part_that_is_missing_is_told(parts: list[Path]) -> None:
    parts[-1].unlink()
    assert about_file(parts[1]).endswith("goes on in part 3, which is not beside it")
    n_frames, damage = read_through(parts[0])
    assert n_frames == N_FRAMES - 1
    assert damage == "the recording goes on in s.part003.mcap, which is not there"
    assert verify_session(parts[1], unheard).is_whole  # the file itself has lost nothing
    assert len(read_all(SessionSource(parts[1]))) == 1


def test_what_lies_where_the_next_part_should_is_told(parts: list[Path]) -> None:
    parts[-1].write_bytes(b"no session")
    assert about_file(parts[1]).endswith("goes on in s.part003.mcap, which has no readable header")
    parts[-1].unlink()
    with SessionWriter(parts[-1], make_header(CAMERA)) as other:
        other.write(make_frames(1, CAMERA)[0])
    told = "goes on in part 3, which is not beside it: s.part003.mcap is another recording"
    assert about_file(parts[1]).endswith(told)


def test_a_part_that_cannot_be_begun_is_not_announced(tmp_path: Path) -> None:
    first, frames = tmp_path / "s.mcap", make_frames(2, CAMERA)
    with RotatingWriter(first, make_header(CAMERA), limit_bytes=1) as writing:
        writing.write(frames[0])
        (tmp_path / "s.part002.mcap").write_bytes(b"taken")
        with pytest.raises(UsageError, match="cannot create"):
            writing.write(frames[1])
        assert (writing.n_frames, writing.n_parts) == (1, 1)
    assert goes_on(first) is False
    assert verify_session(first, unheard).is_whole


def test_a_recording_of_one_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "one.mcap"
    with SessionWriter(path, make_header(CAMERA)) as made:
        made.write(make_frames(1, CAMERA)[0])
    assert goes_on(path) is False


def test_a_file_that_was_cut_or_never_said_it_says_nothing(parts: list[Path]) -> None:
    data = parts[-1].read_bytes()
    parts[-1].write_bytes(data[:-1])
    assert goes_on(parts[-1]) is None
    parts[-1].unlink()
    with SessionWriter(parts[-1], make_header(CAMERA)) as made:
        made.write(make_frames(1, CAMERA)[0])
        made.close(goes_on=None)
    assert goes_on(parts[-1]) is None
    assert verify_session(parts[-1], unheard).is_whole
    with parts[-1].open("rb") as stream:
        assert all(found.name != END_NAME for found in make_reader(stream).iter_metadata())


def test_an_end_that_was_altered_is_not_believed(parts: list[Path]) -> None:
    data = parts[0].read_bytes()
    said, other = b'{"goes_on":true}', b'{"goes_on":null}'
    assert data.count(said) == 1
    parts[0].write_bytes(data.replace(said, other))
    assert goes_on(parts[0]) is None
    assert not verify_session(parts[0], unheard).is_whole


@pytest.mark.parametrize("place", [0, 1, 8, 40, -60, -20, -1, 2**63, 2**64 - 1])
def test_a_place_that_leads_astray_leads_to_nothing(parts: list[Path], place: int) -> None:
    data = bytearray(parts[0].read_bytes())
    at = len(data) - FOOTER_BYTES + FRAMING.size + 8  # of the summary's offsets
    wrong = place if place >= 0 else len(data) + place
    data[at : at + 8] = struct.pack("<Q", wrong)
    parts[0].write_bytes(data)
    assert goes_on(parts[0]) is None


def test_a_record_of_another_name_is_not_the_end(parts: list[Path]) -> None:
    data = parts[0].read_bytes()
    name, other = END_NAME.encode(), b"session_nil"
    place = data.index(name)  # the record; its index comes later
    parts[0].write_bytes(data[:place] + other + data[place + len(name) :])
    assert goes_on(parts[0]) is None


def test_a_record_of_many_entries_is_not_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "crafted.mcap"
    many = {str(number): "" for number in range(250_000)} | end_record(goes_on=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "end_record", lambda *, goes_on: many)  # noqa: ARG005
        with SessionWriter(path, make_header(CAMERA)) as made:
            made.write(make_frames(1, CAMERA)[0])
    assert goes_on(path) is None
    seconds, peak = costs_of(lambda: goes_on(path))
    assert seconds < WITHIN_S
    assert peak < WITHIN_BYTES / 4


def test_copies_say_what_the_part_said(parts: list[Path], tmp_path: Path) -> None:
    for path, said in zip(parts, (True, True, False), strict=True):
        recovered, copy = tmp_path / f"recovered-{path.name}", tmp_path / f"copy-{path.name}"
        recover(path, recovered, unheard)
        deidentify(path, copy, KEY, unheard)
        assert goes_on(recovered) is goes_on(copy) is said


def test_what_is_recovered_of_a_cut_part_says_nothing(parts: list[Path], tmp_path: Path) -> None:
    parts[0].write_bytes(parts[0].read_bytes()[:-20])
    recover(parts[0], tmp_path / "out.mcap", unheard)
    assert goes_on(tmp_path / "out.mcap") is None


@pytest.mark.parametrize(
    "record",
    [
        None,
        {},
        {"json": '{"goes_on":true}'},
        sealed("{}"),
        sealed("["),
        sealed('{"goes_on":"true"}'),
        sealed('{"goes_on":true,"more":1}'),
        sealed('{"goes_on":true}' + " " * MAX_END_CHARS),
    ],
)
def test_nonsense_says_nothing(record: dict[str, str] | None) -> None:
    assert told_end(record) is None


def test_an_end_is_told_as_it_was_said() -> None:
    assert told_end(end_record(goes_on=True)) is True
    assert told_end(end_record(goes_on=False)) is False


def test_a_sealed_text_is_the_one_that_was_hashed() -> None:
    assert unsealed(sealed("text"), "header", 4) == "text"
    with pytest.raises(DamagedError, match="has 4 characters"):
        unsealed(sealed("text"), "header", 3)
    with pytest.raises(DamagedError, match="the header's checksum"):
        unsealed(sealed("text") | {"json": "test"}, "header", 4)
