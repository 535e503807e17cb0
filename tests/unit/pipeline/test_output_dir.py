from __future__ import annotations

import errno
import os
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


def _earlier(final: Path) -> dict[str, bytes]:
    """Make the artefacts of an earlier run and something foreign; return what lies there."""
    (final / "masks").mkdir(parents=True)
    (final / "masks" / "000007.png").write_bytes(b"old")
    (final / "summary.json").write_text("old")
    (final / "notes.txt").write_text("mine")
    return _contents(final)


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_current_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with OutputDir(Path()) as folder:
        (folder.path / "records.jsonl").write_text("1")
        folder.commit()
    assert _contents(tmp_path) == {"here/records.jsonl": b"1"}


def test_the_root_is_refused() -> None:
    with pytest.raises(UsageError, match="no folder beside which"):
        OutputDir(Path("/"))


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with OutputDir(tmp_path / "link") as folder:
        (folder.path / "records.jsonl").write_text("1")
        folder.commit()
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]
    assert _contents(tmp_path / "real") == {"records.jsonl": b"1"}


@pytest.mark.parametrize("target", ["gone", "link"])
def test_a_link_to_nothing_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(UsageError, match="a link to nothing") as caught:
        OutputDir(tmp_path / "link")
    assert target in caught.value.actual
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def _fail_at(monkeypatch: pytest.MonkeyPatch, doomed: Path, error: BaseException) -> None:
    """Let the first rename to `doomed` fail."""
    rename = Path.rename
    errors = [error]

    def failing(self: Path, target: Path) -> Path:
        if target == doomed and errors:
            raise errors.pop()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)


def test_a_folder_that_nothing_can_be_moved_into_is_refused_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "one"
    before = _earlier(final)
    _fail_at(monkeypatch, final / ".write-probe", PermissionError(errno.EACCES, "denied"))
    with pytest.raises(UsageError, match="cannot be written") as caught, OutputDir(final):
        pytest.fail("the run has begun")
    assert "denied" in caught.value.actual
    assert _contents(final) == before
    assert not _partial(final).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused_before_the_run(tmp_path: Path) -> None:
    final = tmp_path / "one"
    before = _earlier(final)
    final.chmod(0o555)
    with pytest.raises(UsageError, match="cannot be written"), OutputDir(final):
        pytest.fail("the run has begun")
    final.chmod(0o755)
    assert _contents(final) == before
    assert not _partial(final).exists()


def _commit(final: Path) -> None:
    with OutputDir(final) as folder:
        for name in ("overlay.png", "records.jsonl", "summary.json"):
            (folder.path / name).write_text("new")
        folder.commit()


@pytest.mark.parametrize("name", ["overlay.png", "records.jsonl", "summary.json"])
def test_a_commit_that_fails_half_way_undoes_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    final = tmp_path / "one"
    before = _earlier(final)
    _fail_at(monkeypatch, final / name, OSError(errno.EIO, "broken disk"))
    with pytest.raises(UsageError, match="cannot be written") as caught:
        _commit(final)
    assert "broken disk" in caught.value.actual
    assert _contents(final) == before
    assert not _partial(final).exists()
    monkeypatch.undo()
    _commit(final)
    assert _contents(final)["summary.json"] == b"new"


def test_a_commit_into_a_new_folder_that_fails_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "one"
    _fail_at(monkeypatch, final / "records.jsonl", OSError(errno.EIO, "broken disk"))
    with pytest.raises(UsageError, match="cannot be written"):
        _commit(final)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_commit_undoes_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    final = tmp_path / "one"
    before = _earlier(final)
    _fail_at(monkeypatch, final / "records.jsonl", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        _commit(final)
    assert _contents(final) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    final = tmp_path / "one"
    before = _earlier(final)

    def fill() -> None:
        with OutputDir(final) as folder:
            (folder.path / "records.jsonl").symlink_to("/dev/full")
            (folder.path / "records.jsonl").write_text("1")

    with pytest.raises(UsageError, match="The disk is full") as caught:
        fill()
    assert "No space left" in caught.value.actual
    assert _contents(final) == before
    assert not _partial(final).exists()
