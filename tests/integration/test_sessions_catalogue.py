"""Catalogue, list, search and info over an archive of simulated clips, one of them broken."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.app import main
from pipeline.config.catalogue_file import read_catalogue
from recordings.catalogue.query import parse_query
from recordings.catalogue.scan import scan
from recordings.catalogue.store import Catalogue
from recordings.progress import unheard
from recordings.simulation.simulate import simulate
from tests.postgres_server import postgresql
from tracking.errors import UsageError


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    applicators = read_catalogue(None).applicators
    (folder / "one").mkdir()
    simulate("docking-small", 1, folder / "one" / "a.mcap", applicators, n_frames=8)
    simulate("docking-small", 2, folder / "b.mcap", applicators, n_frames=5)
    whole = (folder / "b.mcap").read_bytes()
    (folder / "cut.mcap").write_bytes(whole[: len(whole) // 2])
    (folder / "junk.mcap").write_bytes(b"nothing")
    return folder


@pytest.fixture
def archive(clips: Path, tmp_path: Path) -> Path:
    return shutil.copytree(clips, tmp_path / "archive")


def _results(folder: Path, name: str, **verdicts: int) -> None:
    """What a replay of one session is summed up to."""
    (folder / name).mkdir(parents=True)
    value = {"median": 1.25, "min": 1.0, "max": 2.0}
    summary = {
        "verdicts": {"READY": 0, "HOLD": 0, **verdicts},
        "reasons": {"NO_BED": 3},
        "quantities": {"air_gap_mm": {"n": 4, "value": value, "sigma": value}},
        "ids": {"software": "software@1", "model": "model@1"},
    }
    (folder / name / "summary.json").write_text(json.dumps(summary))


def _names(capsys: pytest.CaptureFixture[str], archive: Path, *query: str) -> list[str]:
    capsys.readouterr()
    command = ["search", str(archive), *query] if query else ["list", str(archive)]
    assert main(["sessions", *command, "--json"]) == 0
    told: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["sessions"]
    return [session["name"] for session in told]


def test_sessions_are_found_by_what_they_hold(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    _results(results / "sessions", "one/a", READY=5)
    assert main(["sessions", "catalogue", str(archive), "--results", str(results)]) == 0
    assert "4 sessions, 4 read, 0 gone, 2 damaged" in capsys.readouterr().out
    assert _names(capsys, archive) == ["b", "cut", "junk", "one/a"]
    for query, expected in (
        (("verdict:READY",), ["one/a"]),
        (("verdict:hold",), []),
        (("reason:NO_BED", "air_gap_mm<1.3"), ["one/a"]),
        (("air_gap_mm>1.3",), []),
        (("damaged",), ["cut", "junk"]),
        (("one/",), ["one/a"]),
        (("cone:MOB-*", "frames<=5", "frames>4"), ["b"]),
        (("origin:simulated", "after:2025", "before:2026-06-01"), ["b", "cut", "one/a"]),
        (("after:2026-06-01",), []),
        (("model:model@1",), ["one/a"]),
        (("name:100%",), []),
    ):
        assert _names(capsys, archive, *query) == expected


def test_the_catalogue_follows_the_files_and_can_be_made_anew(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = archive / "catalogue.sqlite"
    catalogue = ["sessions", "catalogue", str(archive)]
    assert main(catalogue) == 0
    assert main(catalogue) == 0
    assert "4 sessions, 0 read" in capsys.readouterr().out
    (archive / "b.mcap").unlink()
    shutil.copy(archive / "one" / "a.mcap", archive / "new.mcap")
    before = _names(capsys, archive)
    assert before == ["cut", "junk", "new", "one/a"]
    store.unlink()
    assert _names(capsys, archive) == before
    store.write_bytes(b"no database, but a file of some length" * 100)
    assert main(catalogue) == 2
    assert "--rebuild" in capsys.readouterr().err
    assert main([*catalogue, "--store", str(archive / "other.sqlite"), "--rebuild"]) == 0
    assert main([*catalogue, "--rebuild"]) == 0
    assert "lies now in catalogue.sqlite.damaged-1" in capsys.readouterr().err
    assert (archive / "catalogue.sqlite.damaged-1").read_bytes().startswith(b"no database")
    assert _names(capsys, archive) == before


def test_a_catalogue_that_is_damaged_within_is_made_anew(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = archive / "catalogue.sqlite"
    catalogue = ["sessions", "catalogue", str(archive)]
    assert main(catalogue) == 0
    before = _names(capsys, archive)
    data = bytearray(store.read_bytes())
    for at in range(
        4096, len(data), 4096
    ):  # every page but the first, where a file says what it is
        data[at : at + 64] = b"\xff" * 64
    store.write_bytes(bytes(data))
    assert main([*catalogue, "--rebuild"]) == 0
    assert "damaged-1" in capsys.readouterr().err
    assert _names(capsys, archive) == before


@pytest.mark.slow
def test_a_catalogue_without_a_table_is_made_anew_and_a_locked_one_is_left(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = archive / "catalogue.sqlite"
    catalogue = ["sessions", "catalogue", str(archive)]
    assert main(catalogue) == 0
    before = _names(capsys, archive)
    with closing(sqlite3.connect(store)) as database:
        database.execute("drop table archive_session")
    assert main([*catalogue, "--rebuild"]) == 0
    assert _names(capsys, archive) == before
    with closing(sqlite3.connect(store)) as database:
        database.execute("begin exclusive")
        assert main([*catalogue, "--rebuild"]) == 2
        assert "locked" in capsys.readouterr().err
    assert [path.name for path in archive.glob("catalogue.sqlite*")] == ["catalogue.sqlite"]


def test_another_file_is_never_put_aside(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = archive / "b.mcap"
    content = session.read_bytes()
    catalogue = ["sessions", "catalogue", str(archive), "--store", str(session), "--rebuild"]
    assert main(catalogue) == 2
    assert "cannot be used" in capsys.readouterr().err
    assert session.read_bytes() == content


def test_info_says_what_a_file_holds(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sessions", "info", str(archive / "one" / "a.mcap"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n_frames"], told["origin"], told["applicator"]) == (8, "simulated", "MOB-D60-B0")
    assert "patient" not in json.dumps(told)
    assert main(["sessions", "info", str(archive / "cut.mcap")]) == 5
    assert "ends after" in capsys.readouterr().out
    assert main(["sessions", "info", str(archive / "junk.mcap")]) == 5
    assert main(["sessions", "info", str(archive / "nothing.mcap")]) == 2
    flipped = bytearray((archive / "b.mcap").read_bytes())
    flipped[len(flipped) // 2] ^= 1
    (archive / "b.mcap").write_bytes(bytes(flipped))
    assert main(["sessions", "info", str(archive / "b.mcap"), "--deep"]) == 5


def test_a_query_that_cannot_be_meant_is_refused(archive: Path) -> None:
    for wrong in ("verdict:MAYBE", "air_gap_mm:3", "air_gap_mm<x", "frames<nan", "colour:red"):
        with pytest.raises(UsageError, match="cannot be looked for"):
            parse_query([wrong])
    for wrong in ("after:yesterday", "verdict<READY", "plan<3"):
        with pytest.raises(UsageError):
            parse_query([wrong])
    assert main(["sessions", "list", str(archive / "nowhere")]) == 2
    assert main(["sessions", "list", str(archive), "--store", "mysql://x/y"]) == 2


@pytest.mark.slow
def test_a_catalogue_on_a_server(archive: Path) -> None:
    with postgresql() as url:
        index = Catalogue(url)
        assert scan(archive, index, unheard).n_sessions == 4
        assert scan(archive, index, unheard).n_read == 0
        found = index.find(parse_query(["cone:mob-*", "frames>5"]))
        odd = replace(found[0], name="odd", device="A\0B", plan_id="\0", part=2**63 - 1)
        index.put(replace(odd, n_frames=2**40, reasons={"NO_BED\0": 2**70}))
        [known] = index.find(parse_query(["device:AB"]))
        index.close()
    assert [facts.name for facts in found] == ["one/a"]
    assert (known.name, known.plan_id, known.part, known.n_frames) == ("odd", "", None, None)
    assert known.reasons == {"NO_BED": 2**31 - 1}
