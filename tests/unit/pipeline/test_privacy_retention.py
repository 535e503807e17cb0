"""Retention deletes files; a symbolic link is kept, and said to be."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.privacy.retention import LOG_NAME, delete, review

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AGE = timedelta(days=30)
N_BYTES = 3_000_000


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One old file; a link to another outside, and one to nothing."""
    folder = tmp_path / "archive"
    folder.mkdir()
    for path in (folder / "old.mcap", tmp_path / "elsewhere.mcap"):
        path.write_bytes(bytes(N_BYTES))
    (folder / "link.mcap").symlink_to("../elsewhere.mcap")
    (folder / "dangling.mcap").symlink_to("nothing.mcap")
    for path in (*folder.iterdir(), tmp_path / "elsewhere.mcap"):
        os.utime(path, (0, 0), follow_symlinks=False)
    return folder


def test_a_link_never_goes_and_counts_for_no_bytes_of_its_target(archive: Path) -> None:
    found = {kept.name: kept for kept in review(archive, AGE, NOW)}
    assert {name for name, kept in found.items() if kept.goes} == {"old.mcap"}
    assert {name for name, kept in found.items() if kept.is_link} == {"link.mcap", "dangling.mcap"}
    assert all(kept.is_due for kept in found.values())
    assert found["link.mcap"].n_bytes < 100
    assert [kept.name for kept in delete(archive, list(found.values()), NOW)] == ["old.mcap"]
    assert (archive / "link.mcap").is_symlink()


def test_what_became_a_link_after_the_review_stays(archive: Path, tmp_path: Path) -> None:
    found = review(archive, AGE, NOW)
    (archive / "old.mcap").unlink()
    (archive / "old.mcap").symlink_to(tmp_path / "elsewhere.mcap")
    assert delete(archive, found, NOW) == []
    assert (archive / "old.mcap").is_symlink()
    assert not (archive / LOG_NAME).exists()


def test_a_link_is_reported_as_kept_and_only_what_goes_is_counted(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    retention = ["sessions", "retention", str(archive), "--older-than", "30d"]
    assert main(retention) == 0
    assert "1 sessions would go, 3.0 MB" in capsys.readouterr().out
    assert main([*retention, "--delete"]) == 0
    out = capsys.readouterr().out
    assert "1 sessions deleted, 3.0 MB" in out
    [line] = [line for line in out.splitlines() if "link.mcap" in line]
    assert "kept: a link is never deleted" in line
    assert (archive / "link.mcap").is_symlink()
    assert (tmp_path / "elsewhere.mcap").exists()
    [entry] = (archive / LOG_NAME).read_text(encoding="utf-8").splitlines()
    assert json.loads(entry)["name"] == "old.mcap"


def test_a_name_that_is_not_utf8_is_shown_and_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / os.fsdecode(b"\xff.mcap")
    path.touch()
    os.utime(path, (0, 0))
    retention = ["sessions", "retention", str(tmp_path), "--older-than", "30d"]
    assert main([*retention, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sessions"][0]["name"] == path.name
    assert main([*retention, "--delete"]) == 0
    assert r"\xff.mcap" in capsys.readouterr().out
    assert not path.exists()
