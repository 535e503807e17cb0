"""`record` ends in good order; commands on sessions say what to do with another kind of file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.cli.ending import ended_by_sigterm
from recordings.session.verify import verify_session

ROOT = Path(__file__).resolve().parents[3]
BEGUN_BYTES = 100_000  # some chunks are in the file
WAIT_S = 60.0


def quiet(done: int, total: int | None) -> None:
    """Nobody looks."""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_recording_in_good_order(how: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "s.mcap"
    process = subprocess.Popen(
        [sys.executable, "run_tracker.py", "record", "sim:docking-small", str(out)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_s = time.monotonic() + WAIT_S
    while not (out.exists() and out.stat().st_size > BEGUN_BYTES):
        assert process.poll() is None
        assert time.monotonic() < until_s
        time.sleep(0.02)
    process.send_signal(how)
    _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    found = verify_session(out, quiet)
    assert found.is_whole
    assert found.n_frames > 0
    assert f"{out}: {found.n_frames} frames" in err


def test_sigterm_does_afterwards_what_it_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with ended_by_sigterm() as has_to_end:
        assert not has_to_end()
        os.kill(os.getpid(), signal.SIGTERM)
        assert has_to_end()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("suffix", [".bag", ".db3"])
@pytest.mark.parametrize("command", [["info"], ["verify"], ["recover"]])
def test_a_cameras_recording_is_told_apart_from_a_session(
    command: list[str], suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"visit{suffix}"
    file.write_bytes(b"#ROSBAG V2.0")
    out = [str(tmp_path / "out.mcap")] if command == ["recover"] else []
    assert main(["sessions", *command, str(file), *out]) == 5
    shown, err = capsys.readouterr()
    assert shown == ""
    assert "reads .mcap sessions" in err
    assert f"record {file} visit.mcap" in err


def test_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out.split("Exit codes:")[1]
    for code in ("0", "2", "3", "4", "5", "6", "130"):
        assert f"{code} " in told
