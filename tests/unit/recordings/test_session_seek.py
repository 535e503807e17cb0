"""Any frame by its position, forward and back; and a part of a recording."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli.app import main
from recordings.ranged import RangedSource
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from tests.recording_frames import assert_same_depth, make_frames, make_header, read_all
from tests.unit.recordings.test_mcap_cut import CAMERA, N_FRAMES
from tracking.errors import UsageError

SAMPLES = Path(__file__).resolve().parents[3] / "recordings" / "samples"


@pytest.fixture(scope="module", params=[False, True], ids=["chunks", "a chunk a frame"])
def session(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    path = tmp_path_factory.mktemp("session") / "session.mcap"
    with SessionWriter(path, make_header(CAMERA), each_frame=request.param) as writer:
        for frame in make_frames(N_FRAMES, CAMERA):
            writer.write(frame)
    return path


def test_every_frame_is_found_forward_and_back(session: Path) -> None:
    expected = make_frames(N_FRAMES, CAMERA)
    source = SessionSource(session)
    for position in [*range(N_FRAMES), *reversed(range(N_FRAMES)), 7, 0, 11]:
        source.seek(position)
        found = source.read()
        assert found is not None
        assert_same_depth(found, expected[position])
    source.seek(9)
    assert len(read_all(source)) == N_FRAMES - 9
    assert source.damage is None


@pytest.mark.parametrize("n_read", [1, 6, N_FRAMES, N_FRAMES + 1])
def test_one_goes_back_after_reading(session: Path, n_read: int) -> None:
    source = SessionSource(session)
    for _ in range(n_read):
        source.read()
    source.seek(0)
    for got, want in zip(read_all(source), make_frames(N_FRAMES, CAMERA), strict=True):
        assert_same_depth(got, want)
    assert source.damage is None


def test_behind_the_end_there_is_nothing(session: Path) -> None:
    source = SessionSource(session)
    for position in (N_FRAMES, N_FRAMES + 5):
        source.seek(position)
        assert source.read() is None
        assert source.damage is None
    source.close()


def test_a_cut_session_is_sought_up_to_its_cut(session: Path, tmp_path: Path) -> None:
    data = session.read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(data[: len(data) // 2])
    n_whole = len(read_all(SessionSource(cut)))
    source = SessionSource(cut)
    source.seek(n_whole - 1)
    assert source.read() is not None
    assert source.read() is None
    assert f"cut.mcap ends behind position {n_whole - 1}: it is cut" in (source.damage or "")
    source.seek(N_FRAMES - 1)  # of the frames before nothing was read, and nothing is said
    assert source.read() is None
    assert f"cut.mcap holds no whole frame from position {N_FRAMES - 1} on" in (source.damage or "")
    source.close()


def test_a_part_is_handed_over_alone(session: Path) -> None:
    expected = make_frames(N_FRAMES, CAMERA)
    part = RangedSource(SessionSource(session), 3, 6)
    frames = read_all(part)
    assert len(frames) == 4
    for got, want in zip(frames, expected[3:7], strict=True):
        assert_same_depth(got, want)
    assert part.damage is None
    whole = SessionSource(session)
    with pytest.raises(UsageError, match="behind"):
        RangedSource(whole, N_FRAMES, None)
    with pytest.raises(UsageError, match="before"):
        RangedSource(whole, 3, 2)
    whole.close()


def test_replay_of_a_part(tmp_path: Path) -> None:
    given = ["replay", str(SAMPLES / "docking.mcap"), "--rig", str(SAMPLES / "docking.rig.toml")]
    given += ["--plan", str(SAMPLES / "docking.plan.toml"), "--segmenter", "masks", "--no-video"]
    start = time.monotonic()
    parts = ["--from", "20", "--to", "29", "--speed", "50"]
    assert main([*given, "--out", str(tmp_path / "part"), *parts]) == 0
    assert time.monotonic() - start < 60
    lines = (tmp_path / "part" / "records.jsonl").read_text().splitlines()
    indices = [json.loads(line)["frame_index"] for line in lines]
    assert len(indices) == 10
    assert np.all(np.diff(indices) > 0)
    assert main([*given, "--out", str(tmp_path / "none"), "--from", "9999"]) == 2
    assert not (tmp_path / "none").exists()
