"""Writing a simulated session: whole or not at all, by suffix, with its rig and plan."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from recordings.bop.source import BopSource
from recordings.realsense.file_source import RealSenseFile
from recordings.session.reader import SessionSource
from recordings.simulation.simulate import simulate
from recordings.simulation.source import SimulatedSource, open_simulation
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import SourceError, TrackerError, UsageError
from tracking.frame import SourceFrame

CONE = Applicator("MOB-D60-B15", "mobetron", 60.0, 2.0, 300.0, 15.0, 110.0, 20.0)
FLAT_CONE = Applicator("MOB-D60-B0", "mobetron", 60.0, 2.0, 300.0, 0.0, 110.0, 20.0)
CATALOGUE = {cone.id: cone for cone in (CONE, FLAT_CONE)}
N_FRAMES = 2


def _write(out: Path, seed: int = 4, n_frames: int = N_FRAMES) -> None:
    simulate("docking-small", seed, out, CATALOGUE, n_frames=n_frames)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _read(source: Source) -> list[SourceFrame]:
    frames = []
    while (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


def test_session_file_holds_the_frames_and_comes_with_rig_and_plan(tmp_path: Path) -> None:
    calls: list[tuple[int, int | None]] = []
    written = simulate(
        "docking-small",
        4,
        tmp_path / "s.mcap",
        CATALOGUE,
        n_frames=N_FRAMES,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls == [(1, 2), (2, 2)]
    assert _names(tmp_path) == ["s.mcap", "s.plan.toml", "s.rig.toml"]
    assert written.n_frames == N_FRAMES
    rig = tomllib.loads((tmp_path / "s.rig.toml").read_text(encoding="utf-8"))
    frames = _read(SessionSource(tmp_path / "s.mcap"))
    direct = open_simulation("sim:docking-small:4", CATALOGUE)
    assert len(frames) == N_FRAMES
    for index, frame in enumerate(frames):
        assert frame.frame.device_serial == rig["camera_serial"]
        expected = direct.frame(index)
        assert np.array_equal(frame.frame.depth_raw, expected.frame.depth_raw)
        assert frame.labels is not None
        assert expected.labels is not None
        assert np.array_equal(frame.labels, expected.labels)


def test_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mcap", "b.mcap"):
        _write(tmp_path / name)
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()


def test_no_suffix_is_a_bop_folder(tmp_path: Path) -> None:
    _write(tmp_path / "scene")
    assert _names(tmp_path) == ["scene", "scene.plan.toml", "scene.rig.toml"]
    frames = _read(BopSource(tmp_path / "scene"))
    assert [frame.frame.frame_index for frame in frames] == [0, 1]


def test_realsense_recording_keeps_raw_depth_and_serial(tmp_path: Path) -> None:
    _write(tmp_path / "s.db3")
    assert _names(tmp_path) == ["s.db3", "s.plan.toml", "s.rig.toml"]
    frames = _read(RealSenseFile(tmp_path / "s.db3"))
    direct = open_simulation("sim:docking-small:4", CATALOGUE)
    assert len(frames) == N_FRAMES
    for index, frame in enumerate(frames):
        expected = direct.frame(index).frame
        assert frame.frame.device_serial == expected.device_serial
        assert np.array_equal(frame.frame.depth_raw, expected.depth_raw)


@pytest.mark.parametrize("name", ["s.mcap", "scene", "s.db3"])
def test_failure_leaves_nothing(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = SimulatedSource.frame

    def fails_at_second(self: SimulatedSource, index: int) -> SourceFrame:
        if index == 1:
            raise SourceError("broken on purpose")
        return whole(self, index)

    monkeypatch.setattr(SimulatedSource, "frame", fails_at_second)
    with pytest.raises(SourceError, match="on purpose"):
        _write(tmp_path / name)
    assert _names(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "n_frames", "message"),
    [
        ("s.zip", 2, "format"),
        ("nowhere/s.mcap", 2, "does not exist"),
        ("taken.mcap", 2, "exists"),
        ("s.mcap", 0, "frames"),
        ("s.mcap", 10_000, "frames"),
    ],
)
def test_impossible_requests_are_refused_and_write_nothing(
    tmp_path: Path, name: str, n_frames: int, message: str
) -> None:
    (tmp_path / "taken.rig.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=message) as raised:
        _write(tmp_path / name, n_frames=n_frames)
    assert isinstance(raised.value, TrackerError)
    assert _names(tmp_path) == ["taken.rig.toml"]
