"""Every kind of source is opened by its name; what is none says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.bop.writer import BopWriter
from recordings.opening import open_source
from recordings.realsense import live
from recordings.session.writer import SessionWriter
from tests.collar_views import collared
from tests.recording_frames import INTRINSICS, UNIT_MM, make_frames, make_header
from tracking.applicator import Applicator
from tracking.errors import SourceError

CONES = {
    name: Applicator(name, "mobetron", 60.0, 2.0, 300.0, bevel_deg, 110.0, 20.0)
    for name, bevel_deg in (("MOB-D60-B0", 0.0), ("MOB-D60-B15", 15.0))
}


@pytest.mark.parametrize("name", ["gone.mcap", "gone.db3", "gone.bag", "gone"])
def test_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        open_source(str(tmp_path / name), applicators={})


@pytest.mark.parametrize("name", ["n" * 300, f"{'n' * 300}.mcap"])
def test_a_name_that_no_file_can_have_does_not_exist(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="does not exist") as caught:
        open_source(str(tmp_path / name), applicators={})
    assert caught.value.actual == "File name too long"


def test_a_link_that_leads_in_a_circle_cannot_be_reached(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").symlink_to("a.mcap")
    with pytest.raises(SourceError, match="cannot be reached"):
        open_source(str(tmp_path / "a.mcap"), applicators={})


def test_no_name() -> None:
    with pytest.raises(SourceError, match="no source is named"):
        open_source("", applicators={})


@pytest.mark.parametrize("name", ["empty.mcap", "empty.db3", "empty.bag"])
def test_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(SourceError, match="is empty"):
        open_source(str(tmp_path / name), applicators={})


@pytest.mark.parametrize("name", ["movie.mp4", "README"])
def test_unknown_kind(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x", encoding="utf-8")
    with pytest.raises(SourceError, match="unknown kind"):
        open_source(str(tmp_path / name), applicators={})


@pytest.mark.parametrize("name", ["junk.mcap", "junk.db3", "junk.bag"])
def test_junk(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"junk " * 1000)
    with pytest.raises(SourceError, match="no readable"):
        open_source(str(tmp_path / name), applicators={})


def test_folder_that_is_no_scene(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SourceError, match="is no BOP scene") as caught:
        open_source(str(tmp_path), applicators={})
    assert "notes.txt" in caught.value.actual


def test_scene_without_intrinsics(tmp_path: Path) -> None:
    (tmp_path / "depth").mkdir()
    with pytest.raises(SourceError, match="has no intrinsics"):
        open_source(str(tmp_path), applicators={})


def test_kinds(tmp_path: Path) -> None:
    (frame,) = make_frames(1)
    with SessionWriter(tmp_path / "a.mcap", make_header()) as session:
        session.write(frame)
    with BopWriter(tmp_path / "scene", INTRINSICS, UNIT_MM) as scene:
        scene.write(frame)
    uris = [str(tmp_path / "a.mcap"), str(tmp_path / "scene"), "sim:bench:1"]
    kinds = []
    for uri in uris:
        source = open_source(uri, applicators=CONES)
        kinds.append((source.header.kind, source.header.origin))
        source.close()
    assert kinds == [("mcap", "simulated"), ("bop", "foreign"), ("simulation", "simulated")]


def test_unknown_scenario() -> None:
    with pytest.raises(SourceError):
        open_source("sim:no-such-story", applicators=CONES)


@pytest.mark.parametrize(("uri", "serial"), [("realsense", ""), ("realsense:123", "123")])
def test_camera_is_opened_by_serial(monkeypatch: pytest.MonkeyPatch, uri: str, serial: str) -> None:
    def refuse(asked: str, *, with_picture: bool) -> None:
        raise SourceError(f"asked for '{asked}'", actual=f"picture: {with_picture}")

    monkeypatch.setattr(live, "open_live", refuse)
    for applicators in ({}, CONES, {"worn": collared()}):
        with pytest.raises(SourceError, match=f"asked for '{serial}'") as caught:
            open_source(uri, applicators=applicators)
        assert caught.value.actual == f"picture: {'worn' in applicators}"
