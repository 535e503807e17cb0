from __future__ import annotations

from pathlib import Path

import pytest

from calibration.text_file import MAX_BYTES, content_id, read_text_file
from tracking.errors import ConfigurationError


def refusal(path: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        read_text_file(path, "plan")
    assert "plan" in caught.value.what
    assert str(path) in caught.value.actual
    return caught.value


def test_text_is_returned_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes("a = 'ü'\r\n".encode())
    assert read_text_file(path, "plan") == "a = 'ü'\r\n"


def test_missing_file(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "plan.toml").what


def test_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path).actual


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"a = '\xff'")
    error = refusal(path)
    assert "not UTF-8" in error.what
    assert "0xff at position 5" in error.actual


def test_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1")
    assert "byte-order mark" in refusal(path).what


def test_too_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "too large" in refusal(path).what


def test_ids_differ_by_name_by_text_and_by_what_belongs_to_it() -> None:
    ids = {
        content_id("a", "x"),
        content_id("b", "x"),
        content_id("a", "y"),
        content_id("a", "x", b"mesh"),
        content_id("a", "x", b"me", b"sh"),
    }
    assert len(ids) == 5
    assert content_id("a", "x") == "a@2d711642b726"
