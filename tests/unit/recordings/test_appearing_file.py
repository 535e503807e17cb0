"""A file that is being made has its name when it is whole, and not before."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from recordings.appearing_file import appearing_whole
from recordings.file_hash import PIECE_BYTES, file_sha256
from tracking.errors import UsageError


def test_it_appears_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "a.mcap"
    with appearing_whole(out) as partial:
        partial.write_bytes(b"whole")
        assert not out.exists()
    assert out.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [out]


def _written(out: Path, error: BaseException) -> None:
    with appearing_whole(out) as partial:
        partial.write_bytes(b"half")
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("no"), SystemExit(1)])
def test_whatever_is_raised_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        _written(tmp_path / "a.mcap", error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("taken", ["a.mcap", "a.mcap.partial"])
def test_nothing_is_written_over(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_bytes(b"another's")
    with pytest.raises(UsageError, match="cannot create") as refused:
        _written(tmp_path / "a.mcap", ValueError("never reached"))
    assert taken in str(refused.value)
    assert (tmp_path / taken).read_bytes() == b"another's"


def _overtaken(out: Path) -> None:
    with appearing_whole(out) as partial:
        partial.write_bytes(b"late")
        out.write_bytes(b"first")


def test_who_was_there_first_stays(tmp_path: Path) -> None:
    out = tmp_path / "a.mcap"
    with pytest.raises(UsageError, match="cannot create"):
        _overtaken(out)
    assert out.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [out]


def test_a_link_to_nothing_is_a_file_too_and_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a.mcap").symlink_to("nothing")
    (tmp_path / "file").touch()
    for out in (tmp_path / "a.mcap", tmp_path / "file" / "a.mcap"):
        with pytest.raises(UsageError, match="cannot create"):
            _overtaken(out)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("n_bytes", [0, 1, PIECE_BYTES, 2 * PIECE_BYTES + 1])
def test_a_hash_is_that_of_the_whole_file(tmp_path: Path, n_bytes: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(n_bytes))
    assert file_sha256(path) == hashlib.sha256(bytes(n_bytes)).hexdigest()
