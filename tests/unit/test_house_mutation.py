"""The kernel's mutants: all named, a sample of them killed. All are judged by hand or in a job.

`python -m tests.mutation.run` judges every one.
"""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.mutation.mutants import KERNEL, ROOT, Mutant, mutants
from tests.mutation.operators import changes
from tests.mutation.run import equivalents

SAMPLE = 24  # about ten seconds on a quiet machine


@pytest.fixture(scope="module")
def every() -> list[Mutant]:
    return [mutant for module in KERNEL for mutant in mutants(module)]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.mutation.run", "--jobs", "2", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_mutant_has_a_name_of_its_own_and_compiles(every: list[Mutant]) -> None:
    assert len({mutant.name for mutant in every}) == len(every) > 1000
    for mutant in every[::20]:
        mutant.code()


def test_equivalents_are_mutants_and_say_why(every: list[Mutant]) -> None:
    known = equivalents()
    assert set(known) <= {mutant.name for mutant in every}
    assert all(len(reason.split()) > 5 for reason in known.values())
    assert len(known) < len(every) / 100


@pytest.mark.parametrize(
    ("source", "mutated"),
    [
        ("a <= b", {"a < b", "a > b", "True", "False"}),
        ("a is None", {"a is not None", "True", "False"}),
        ("a in b", {"a not in b", "True", "False"}),
        ("a and b", {"a or b", "a", "b"}),
        ("not a", {"a"}),
        ("a | b", {"a & b", "a - b"}),
        ("a * b", {"a / b"}),
        ("3.0", {"4.0", "2.0", "6.0", "0.0"}),
        ("True", {"False"}),
        ("None", {"0"}),
        ("'x'", {"'XXx'"}),
        ("min(a)", {"max(a)"}),
        ("Evidence.FAILED", {"Evidence.PROVEN"}),
        ("{a: b}", {"{}"}),
        ("(a, b)", {"(a,)", "(b,)"}),
        ("a if b else c", {"a", "c"}),
    ],
)
def test_operators(source: str, mutated: set[str]) -> None:
    node = ast.parse(source, mode="eval").body
    assert {ast.unparse(change.replacement) for change in changes(node)} == mutated


@pytest.mark.slow
def test_a_sample_of_the_mutants_is_killed() -> None:
    result = run("--sample", str(SAMPLE), "--seed", "20261127")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("survived") == 1, "the head of the table alone"
