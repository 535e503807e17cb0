"""The identity of the software is that of its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.version import CODE, SOFTWARE_ID, SOFTWARE_VERSION, code_digest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for package in CODE:
        (tmp_path / package / "inner").mkdir(parents=True)
        (tmp_path / package / "inner" / "a.py").write_text(f"NAME = '{package}'\n")
    return tmp_path


def test_the_identity_names_version_and_code() -> None:
    assert f"iort-tracker@{SOFTWARE_VERSION}+{code_digest(ROOT)}" == SOFTWARE_ID


def test_one_constant_more_is_another_software(tree: Path) -> None:
    before = code_digest(tree)
    assert code_digest(tree) == before
    (tree / "tracking" / "inner" / "a.py").write_text("NAME = 'trackinG'\n")
    assert code_digest(tree) != before


def test_a_file_of_another_name_is_another_software(tree: Path) -> None:
    before = code_digest(tree)
    (tree / "models" / "inner" / "a.py").rename(tree / "models" / "inner" / "b.py")
    assert code_digest(tree) != before


def test_what_is_no_code_changes_nothing(tree: Path) -> None:
    before = code_digest(tree)
    (tree / "pipeline" / "inner" / "a.pyc").write_bytes(b"x")
    (tree / "notes.py").write_text("")
    assert code_digest(tree) == before
