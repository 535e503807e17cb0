from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.cli.errors import ErrorBoundary
from tracking.errors import (
    CalibrationError,
    ConfigurationError,
    FaultError,
    SourceError,
    TrackerError,
    UsageError,
)

ROOT = Path(__file__).resolve().parents[3]


def failing(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (ConfigurationError, 3),
        (CalibrationError, 4),
        (SourceError, 5),
        (FaultError, 6),
    ],
)
def test_each_error_has_its_exit_code_and_shows_all_it_knows(
    kind: type[TrackerError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error = kind("The [bold]thing[/bold] is wrong.", expected="a", actual="b: c", remedy="d")
    assert ErrorBoundary().run(lambda: failing(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "error: The [bold]thing[/bold] is wrong.",
        "  expected: a",
        "  actual: b: c",
        "  what to do: d",
    ]


def test_debug_adds_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    boundary = ErrorBoundary(shows_traceback=True)
    assert boundary.run(lambda: failing(SourceError("gone"))) == 5
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_defect_is_a_fault_and_keeps_its_traceback_in_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert ErrorBoundary().run(lambda: failing(ZeroDivisionError("by zero"))) == 6
    err = capsys.readouterr().err
    assert "The software failed: ZeroDivisionError: by zero" in err
    assert "Traceback" not in err
    (log,) = tmp_path.iterdir()
    assert str(log) in err
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


def test_an_interrupt_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert ErrorBoundary().run(lambda: failing(KeyboardInterrupt())) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_success_passes_through() -> None:
    assert ErrorBoundary().run(lambda: 0) == 0


def test_a_reader_that_goes_away_is_no_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = subprocess.run(
            [sys.executable, "run_tracker.py", "applicators", "show", "MOB-D60-B15"],
            cwd=ROOT,
            stdout=write_end,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(write_end)
    assert done.stderr == ""


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG])
def test_what_the_disk_refuses_is_no_defect(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(number, os.strerror(number), "/somewhere/s.mcap")
    assert ErrorBoundary().run(lambda: failing(error)) == 2
    told = capsys.readouterr().err
    assert f"{os.strerror(number)}: /somewhere/s.mcap" in told
    assert "traceback" not in told


def test_another_error_of_the_system_is_a_defect(capsys: pytest.CaptureFixture[str]) -> None:
    assert ErrorBoundary().run(lambda: failing(OSError(errno.EBADF, "bad"))) == 6
    assert "traceback" in capsys.readouterr().err
