from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.sinks.output_dir import ARTEFACTS, OutputDir
from tracking.errors import UsageError


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".partial")


def test_nothing_is_there_before_the_commit_and_everything_after(tmp_path: Path) -> None:
    final = tmp_path / "runs" / "one"
    with OutputDir(final) as folder:
        (folder.path / "records.jsonl").write_text("1")
        (folder.path / "masks").mkdir()
        (folder.path / "masks" / "000000.png").write_bytes(b"x")
        assert not final.exists()
        folder.commit()
    assert (final / "records.jsonl").read_text() == "1"
    assert (final / "masks" / "000000.png").exists()
    assert not _partial(final).exists()


def test_a_failing_run_leaves_nothing(tmp_path: Path) -> None:
    final = tmp_path / "one"

    def fail_half_way() -> None:
        with OutputDir(final) as folder:
            (folder.path / "records.jsonl").write_text("1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_a_failing_run_keeps_the_earlier_one(tmp_path: Path) -> None:
    final = tmp_path / "one"
    final.mkdir()
    (final / "summary.json").write_text("earlier")
    with OutputDir(final) as folder:
        (folder.path / "summary.json").write_text("half")
    assert (final / "summary.json").read_text() == "earlier"


def test_an_earlier_run_is_replaced_as_a_whole_and_foreign_files_stay(tmp_path: Path) -> None:
    final = tmp_path / "one"
    (final / "masks").mkdir(parents=True)
    (final / "masks" / "000007.png").write_bytes(b"old")
    (final / "overlay.mp4").write_bytes(b"old")
    (final / "notes.txt").write_text("mine")
    with OutputDir(final) as folder:
        (folder.path / "records.jsonl").write_text("new")
        folder.commit()
    assert sorted(path.name for path in final.iterdir()) == ["notes.txt", "records.jsonl"]


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    final = tmp_path / "one"
    _partial(final).mkdir()
    for name in ARTEFACTS:
        (_partial(final) / name).write_text("half")
    with OutputDir(final) as folder:
        assert list(folder.path.iterdir()) == []


def test_foreign_files_in_the_partial_folder_are_never_removed(tmp_path: Path) -> None:
    final = tmp_path / "one"
    _partial(final).mkdir()
    (_partial(final) / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="in the way"), OutputDir(final):
        pass
    assert (_partial(final) / "thesis.txt").read_text() == "mine"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    final = tmp_path / "one"
    final.write_text("a file")
    with pytest.raises(UsageError, match="is a file"), OutputDir(final):
        pass
    assert final.read_text() == "a file"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"), OutputDir(tmp_path / "file" / "x"):
        pass
