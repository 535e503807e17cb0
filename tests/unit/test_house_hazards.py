"""Every hazard of `docs/hazards.md` has its test: one that exists, and that CI runs."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "hazards.md"
MIN_HAZARDS = 25
ROW = re.compile(r"^\| (H\d{2,3}) \| (.+?) \| (.+?) \| `(.+?)` \|$")
SKIPPING = ("skip", "skipif", "xfail")  # a test that need not run controls nothing


class Hazard(NamedTuple):
    id: str
    what: str
    control: str
    test: str


def hazards(text: str) -> list[Hazard]:
    """Rows of the tables; every line of a table that is no head has to be one."""
    rows = []
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith(("| id |", "|---")):
            found = ROW.match(line)
            assert found, f"not a row with id, hazard, control and test: {line}"
            rows.append(Hazard(*found.groups()))
    return rows


def fault_of(test: str) -> str:
    """Why the test of a hazard is none; "" where it is one."""
    name, *inside = test.split("::")
    path = ROOT / name
    if not (name.startswith("tests/") and path.name.startswith("test_") and path.is_file()):
        return "no such test file"
    node: ast.AST = ast.parse(path.read_text(encoding="utf-8"))
    for part in inside:
        found = [
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.ClassDef | ast.FunctionDef) and child.name == part
        ]
        if not found:
            return f"no {part} in it"
        node = found[0]
        marks = " ".join(ast.unparse(mark) for mark in found[0].decorator_list)
        if any(f"mark.{word}" in marks for word in SKIPPING):
            return f"{part} may be left out"
    is_test = inside and inside[-1].startswith("test_") and isinstance(node, ast.FunctionDef)
    return "" if is_test else "no test is named"


FOUND = hazards(PAGE.read_text(encoding="utf-8"))


def test_there_are_enough_and_each_has_its_own_number() -> None:
    assert len(FOUND) >= MIN_HAZARDS
    ids = [int(hazard.id[1:]) for hazard in FOUND]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("hazard", FOUND, ids=lambda hazard: hazard.id)
def test_its_test_exists_and_is_never_skipped(hazard: Hazard) -> None:
    assert fault_of(hazard.test) == "", hazard


def test_ci_runs_every_test() -> None:
    """Nothing deselects: what exists under `tests` is collected, and what fails, fails CI."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    ini = options["ini_options"]
    assert ini["testpaths"] == ["tests"]
    assert not {"-m", "-k", "--ignore", "--deselect"} & set(ini["addopts"])
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^test: setup.*\n\t\$\(PYTEST\)$", makefile, flags=re.MULTILINE)
    assert "make check test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("tests/unit/test_nowhere.py::test_x", "no such test file"),
        ("tests/builders.py::make_view", "no such test file"),
        ("tests/unit/tracking/test_gate.py::test_nothing_of_the_kind", "in it"),
        ("tests/unit/tracking/test_gate.py::TestLatch", "no test is named"),
        ("tests/unit/tracking/test_gate.py::TestLatch::faulted", "no test is named"),
        ("tests/unit/tracking/test_gate.py", "no test is named"),
    ],
)
def test_a_name_that_is_no_test_is_found(test: str, fault: str) -> None:
    assert fault in fault_of(test)


def test_a_line_that_is_no_row_is_found() -> None:
    with pytest.raises(AssertionError, match="not a row"):
        hazards("| H99 | something | nothing | no test yet |")
