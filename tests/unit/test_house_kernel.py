"""The kernel stays small enough to be checked completely, and every branch of it is tested."""

from __future__ import annotations

import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from tests.mutation.kernel_tests import FILES
from tests.mutation.mutants import KERNEL, ROOT

MAX_LINES = 500  # issue and DESIGN section 6
DECIDING = ("gate", "guards", "limit_checks")
NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}
COVERED = """
import sys
import coverage
measured = coverage.Coverage(branch=True, data_file=None, config_file=False, include=sys.argv[1:])
measured.start()
from tests.mutation.kernel_tests import FILES, SURVIVED, collect, first_failure
answers = []
is_collected = collect(FILES, lambda items: answers.append(first_failure(items)))
measured.stop()
total = measured.report(show_missing=True, precision=2)
sys.exit(0 if is_collected and answers == [SURVIVED] and total == 100.0 else 1)
"""


def source_of(module: str) -> Path:
    return ROOT / "tracking" / f"{module}.py"


def n_code_lines(text: str) -> int:
    """Lines that hold code: neither blank, nor comment, nor docstring."""
    lines: set[int] = set()
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and before in (
            tokenize.NEWLINE,
            tokenize.INDENT,
            tokenize.DEDENT,
        )
        if token.type not in NO_CODE and not is_docstring:
            lines |= set(range(token.start[0], token.end[0] + 1))
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
    return len(lines)


def test_code_lines_are_counted_without_what_is_no_code() -> None:
    doc = '"""Doc\n\n    more."""\n'
    text = (
        f"{doc}\n# why\nX = 1  # because\n\n\ndef f():\n    {doc}    return (\n        X\n    )\n"
    )
    assert n_code_lines(text) == 5


def test_what_decides_is_at_most_500_lines() -> None:
    n_lines = {name: len(source_of(name).read_text("utf-8").splitlines()) for name in DECIDING}
    assert sum(n_lines.values()) <= MAX_LINES, n_lines


def test_the_kernel_with_its_types_is_at_most_500_lines_of_code() -> None:
    n_code = {name: n_code_lines(source_of(name).read_text("utf-8")) for name in KERNEL}
    assert sum(n_code.values()) <= MAX_LINES, n_code


@pytest.mark.slow
def test_every_branch_of_the_kernel_is_taken_by_its_own_tests() -> None:
    assert len(FILES) > 5
    result = subprocess.run(
        [sys.executable, "-c", COVERED, *(str(source_of(name)) for name in KERNEL)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "TOTAL" in result.stdout
