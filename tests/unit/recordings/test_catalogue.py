"""An archive's index: any file name is known by a printable one, queries mean something."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from mcap.opcode import Opcode

from pipeline.cli.app import main
from recordings.catalogue.query import parse_query
from recordings.catalogue.scan import scan
from recordings.catalogue.store import Catalogue, default_address
from recordings.naming import LONGEST_FOLDER_BYTES, printable, results_folder, session_name
from recordings.progress import unheard
from recordings.session.chunks import FRAMING
from recordings.session.writer import SessionWriter
from tests.recording_frames import make_frames, make_header
from tracking.errors import UsageError

N_TOPICS = 5  # with messages, in a session of frames with colour and labels
NOT_UTF8 = os.fsdecode(b"\xff\xfe.mcap")
SUMMARY = {
    "verdicts": {"READY": 1},
    "reasons": {},
    "quantities": {},
    "ids": {"software": "software@1", "model": "model@1"},
}


def _recorded(path: Path) -> None:
    with SessionWriter(path, make_header()) as session:
        session.write(make_frames(1)[0])


def test_bytes_that_are_not_utf8_are_shown_escaped_and_other_text_stays() -> None:
    assert printable(NOT_UTF8) == r"\xff\xfe.mcap"
    assert printable("\ud800") == r"\ud800"
    assert printable("é [x] \\ 中\n") == "é [x] \\ 中\n"


def test_no_two_files_have_one_session_name() -> None:
    paths = [os.fsdecode(data) for data in (b"a/\xff.mcap", rb"a/\xff.mcap", b"a/\\\xff.mcap")]
    names = {session_name(PurePosixPath(path)) for path in paths}
    assert names == {r"a/\xff", r"a/\\xff", r"a/\\\xff"}


def test_a_folder_of_results_has_the_sessions_name_unless_that_is_too_long() -> None:
    assert results_folder("day/one") == "day/one"
    long, other = (results_folder(f"day/{'é' * 150}{end}") for end in "ab")
    assert long != other
    assert [len(part.encode()) <= LONGEST_FOLDER_BYTES for part in long.split("/")] == [True, True]


def test_a_scan_goes_on_over_names_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / NOT_UTF8).write_bytes(b"no session")
    (tmp_path / os.fsdecode(b"\xe9")).mkdir()
    _recorded(tmp_path / os.fsdecode(b"\xe9") / "whole.mcap")
    _recorded(tmp_path / "plain.mcap")
    index = Catalogue(default_address(tmp_path))
    assert scan(tmp_path, index, unheard).n_read == 3
    assert scan(tmp_path, index, unheard).n_read == 0
    found = index.find()
    index.close()
    assert sorted(facts.name for facts in found) == [r"\xe9/whole", r"\xff\xfe", "plain"]
    assert [facts.name for facts in found if facts.damage] == [r"\xff\xfe"]


def test_a_list_shows_and_tells_names_that_are_not_utf8(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / NOT_UTF8).write_bytes(b"no session")
    assert main(["sessions", "list", str(tmp_path)]) == 0
    assert r"\xff\xfe" in capsys.readouterr().out
    assert main(["sessions", "list", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sessions"][0]["name"] == r"\xff\xfe"


def test_results_of_a_name_that_is_not_utf8_or_too_long_are_found(tmp_path: Path) -> None:
    archive, results = tmp_path / "archive", tmp_path / "results"
    archive.mkdir()
    for name in (NOT_UTF8, os.fsdecode(b"\xff" * 100) + ".mcap"):
        _recorded(archive / name)
        folder = results / "sessions" / results_folder(session_name(PurePosixPath(name)))
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
    index = Catalogue(default_address(archive))
    scan(archive, index, unheard, results=results)
    assert len(index.find(parse_query(["verdict:READY"]))) == 2
    index.close()


@pytest.mark.parametrize("query", ["verdict:READY", "reason:NO_BED", "air_gap_mm<3", "model:a*"])
def test_a_search_that_needs_results_says_where_none_are_known(
    query: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _recorded(tmp_path / "a.mcap")
    assert main(["sessions", "search", str(tmp_path), query]) == 0
    out, err = capsys.readouterr()
    assert "0 sessions" in out
    assert "no session's results are known" in err
    assert "--results" in err


def test_a_search_says_nothing_of_results_where_they_are_known_or_not_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, results = tmp_path / "archive", tmp_path / "results"
    archive.mkdir()
    _recorded(archive / "a.mcap")
    (results / "a").mkdir(parents=True)
    (results / "a" / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
    search = ["sessions", "search", str(archive)]
    assert main([*search, "serial:none"]) == 0
    assert "results" not in capsys.readouterr().err
    assert main([*search, "verdict:HOLD", "--results", str(results)]) == 0
    out, err = capsys.readouterr()
    assert "0 sessions" in out
    assert "are known" not in err


@pytest.mark.parametrize(
    "day", ["2026", "2026-02", "2024-02-29", "2026-01-31T10:20", "2026-01-31T10:20:30.5Z"]
)
def test_a_day_or_a_part_of_one_can_be_looked_for(day: str) -> None:
    [term] = parse_query([f"after:{day}"])
    assert (term.key, term.value) == ("after", day)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("after:2026-01-31", ["noon", "east"]),
        ("after:2026-01-31T12:00", ["noon", "east"]),
        ("after:2026-01-31T13:00+01:00", ["noon", "east"]),
        ("after:2026-01-31T12:00:01Z", ["east"]),
        ("before:2026-01-31T12:00Z", ["west"]),
        ("before:2027", ["west", "noon", "east"]),
    ],
)
def test_moments_of_different_zones_are_compared_as_moments(
    query: str, found: list[str], tmp_path: Path
) -> None:
    moments = {
        "west": "2026-01-30T23:30:00+00:00",
        "noon": "2026-01-31T12:00:00+00:00",
        "east": "2026-01-31T09:00:00-08:00",
        "unknown": "",
    }
    for name, moment in moments.items():
        with SessionWriter(tmp_path / f"{name}.mcap", replace(make_header(), recorded_at=moment)):
            pass
    catalogue = Catalogue(default_address(tmp_path))
    scan(tmp_path, catalogue, unheard)
    assert {facts.name for facts in catalogue.find(parse_query([query]))} == set(found)


@pytest.mark.parametrize(
    "day", ["2026-13-41", "2026-00", "2026-02-29", "0000", "2026-01-31T25:00", "2026-1"]
)
def test_a_day_that_no_calendar_has_is_refused(day: str) -> None:
    with pytest.raises(UsageError, match="cannot be looked for") as caught:
        parse_query([f"before:{day}"])
    assert "a date of the calendar" in caught.value.expected


def test_a_link_to_nothing_and_a_count_that_cannot_be_stop_no_scan(tmp_path: Path) -> None:
    (tmp_path / "gone.mcap").symlink_to(tmp_path / "nowhere")
    path = tmp_path / "counted.mcap"
    _recorded(path)
    data, length = bytearray(path.read_bytes()), 46 + 10 * N_TOPICS
    end = data.rindex(FRAMING.pack(Opcode.STATISTICS, length)) + FRAMING.size + length
    for topic in range(N_TOPICS):
        data[end - 10 * topic - 1] |= 0x80  # the highest bit of how many messages it has
    path.write_bytes(data)
    catalogue = Catalogue(default_address(tmp_path))
    done = scan(tmp_path, catalogue, unheard, deep=True)
    assert (done.n_sessions, done.n_damaged) == (1, 1)
