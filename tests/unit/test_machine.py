"""A test marked `alone` has the machine: pytest itself, with two workers, on made tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFTEST = "from tests.conftest import pytest_runtest_protocol\n"
MADE = """
import os, time
import pytest

@pytest.mark.parametrize("k", range({n}))
{mark}
def test_{test}(k):
    began = time.monotonic()
    time.sleep({seconds})
    with open(os.environ["TOLD"], "a") as told:
        print("{name}", began, time.monotonic(), file=told)
"""


@pytest.mark.slow
def test_none_runs_beside_one_that_is_alone_and_the_others_run_beside_each_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = alone\n")
    for name in ("first", "second"):
        many = MADE.format(n=20, mark="", seconds=0.05, name=name, test="many")
        alone = MADE.format(n=1, mark="@pytest.mark.alone", seconds=0.3, name="alone", test="alone")
        again = MADE.format(n=20, mark="", seconds=0.05, name=name, test="again")
        (tmp_path / f"test_{name}.py").write_text(many + alone + again)
    told = tmp_path / "told"
    environment = {**os.environ, "TOLD": str(told), "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    workers = ["-n", "2", "--dist", "loadfile"]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:dash", *workers, str(tmp_path)],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )

    lines = [line.split() for line in told.read_text().splitlines()]
    spans = [(name, float(began), float(ended)) for name, began, ended in lines]
    assert len(spans) == 82
    beside = {
        frozenset((first[0], second[0]))
        for k, first in enumerate(spans)
        for second in spans[k + 1 :]
        if first[1] < second[2] and second[1] < first[2]
    }
    assert beside == {frozenset(("first", "second"))}
