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
from pipeline.cli.ending import ended_by
from recordings.progress import unheard
from recordings.session.reader import SessionSource
from recordings.session.verify import verify_session
from recordings.simulation.scenarios import SCENARIOS
from tests.recording_frames import read_all

ROOT = Path(__file__).resolve().parents[3]
BEGUN_BYTES = 100_000  # some chunks are in the file
WAIT_S = 60.0


@pytest.mark.slow
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
    found = verify_session(out, unheard)
    assert found.is_whole
    assert 0 < found.n_frames < SCENARIOS["docking-small"].n_frames
    assert f"{out}: {found.n_frames} frames" in err


class TestDb3:
    """The vendor's own recorder writes what a .db3 holds, from any source."""

    def test_its_frames_are_the_source_s(self, tmp_path: Path) -> None:
        out, again = tmp_path / "s.db3", tmp_path / "s.mcap"
        assert main(["record", "sim:docking-small", str(out), "--frames", "4"]) == 0
        assert main(["record", str(out), str(again)]) == 0
        recorded = read_all(SessionSource(again))
        assert main(["record", "sim:docking-small", str(tmp_path / "t.mcap"), "--frames", "4"]) == 0
        shown = read_all(SessionSource(tmp_path / "t.mcap"))
        assert len(recorded) == len(shown) == 4
        for one, other in zip(recorded, shown, strict=True):
            assert (one.frame.depth_raw == other.frame.depth_raw).all()
            assert one.frame.stamp_ns == other.frame.stamp_ns
            assert one.labels is None

    @pytest.mark.slow
    @pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_leaves_a_whole_file(self, how: signal.Signals, tmp_path: Path) -> None:
        out = tmp_path / "s.db3"
        process = subprocess.Popen(
            [sys.executable, "run_tracker.py", "record", "sim:docking-small", str(out)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        partial, until_s = tmp_path / ".s.part.db3", time.monotonic() + WAIT_S
        while not (partial.exists() and partial.stat().st_size > BEGUN_BYTES):
            assert process.poll() is None
            assert time.monotonic() < until_s
            time.sleep(0.02)
        process.send_signal(how)
        _, err = process.communicate(timeout=WAIT_S)
        assert process.returncode == 0, err
        assert "frames" in err
        assert main(["record", str(out), str(tmp_path / "s.mcap")]) == 0
        assert not partial.exists()

    @pytest.mark.parametrize("option", ["--rig", "--plan", "--pseudonym-key"])
    def test_what_it_cannot_carry_is_refused(
        self, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "s.db3"
        asked = ["record", "sim:docking-small", str(out), option, str(tmp_path / "a.toml")]
        assert main(asked) == 2
        assert f"{option}: a .db3 carries no texts" in capsys.readouterr().err
        assert not out.exists()


def test_a_signal_does_afterwards_what_it_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with ended_by(signal.SIGTERM) as has_to_end:
        assert not has_to_end()
        os.kill(os.getpid(), signal.SIGTERM)
        assert has_to_end()
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_second_one_interrupts() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    try:
        with ended_by(signal.SIGTERM, signal.SIGINT) as has_to_end:
            os.kill(os.getpid(), signal.SIGTERM)
            assert has_to_end()
            assert not heard
            os.kill(os.getpid(), signal.SIGTERM)
            assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


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
