"""A source has one name, however its path is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recordings.bop.source import BopSource
from recordings.bop.writer import BopWriter
from recordings.naming import file_name, source_name
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from tests.recording_frames import INTRINSICS, UNIT_MM, make_frames, make_header, read_all


@pytest.mark.parametrize("uri", ["sim:docking:7", "sim:a/b", "realsense", "realsense:1/2"])
def test_what_is_no_path_stays_as_it_is(uri: str) -> None:
    assert source_name(uri) == uri


@pytest.mark.parametrize("uri", ["a.mcap", "./a.mcap", "x/../a.mcap", "/somewhere/else/a.mcap"])
def test_a_file_is_called_by_its_own_name(uri: str) -> None:
    assert source_name(uri) == "a.mcap"


@pytest.mark.parametrize("uri", ["scene", "scene/", "scene/.", "scene/depth/.."])
def test_a_folder_is_called_by_its_own_name(uri: str) -> None:
    assert source_name(uri) == "scene"


def test_the_current_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scene").mkdir()
    monkeypatch.chdir(tmp_path / "scene")
    assert source_name(".") == "scene"
    assert file_name(Path("..")) == tmp_path.name


def test_a_name_that_is_not_utf8_is_printable() -> None:
    assert source_name(f"x/{os.fsdecode(bytes([255]))}.mcap") == r"\xff.mcap"


def test_a_link_keeps_the_name_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "real.mcap").touch()
    (tmp_path / "link.mcap").symlink_to("real.mcap")
    assert source_name(str(tmp_path / "link.mcap")) == "link.mcap"


def test_damage_is_told_alike_by_relative_and_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with SessionWriter(tmp_path / "a.mcap", make_header()) as session:
        session.write(make_frames(1)[0])
    with BopWriter(tmp_path / "scene", INTRINSICS, UNIT_MM) as scene:
        for frame in make_frames(2):
            scene.write(frame)
    data = (tmp_path / "a.mcap").read_bytes()
    (tmp_path / "a.mcap").write_bytes(data[: len(data) - 20])
    (tmp_path / "scene" / "depth" / "000006.png").unlink()
    told = []
    for folder in (Path(), tmp_path):
        sources = SessionSource(folder / "a.mcap"), BopSource(folder / "scene")
        for source in sources:
            read_all(source)
        told.append([source.damage for source in sources])
    assert told[0] == told[1]
    assert all(told[0])
