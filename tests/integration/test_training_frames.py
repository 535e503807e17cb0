"""The frames of a training session: rendered once, kept, and rendered anew where they are damaged.

They are a simulation's.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.workflow import training_frames as frames_module
from pipeline.workflow.training_frames import FILE_NAME, TAKEN, training_frames
from tests.training_session import rendered
from tracking.frame import SourceFrame

APPLICATORS = read_catalogue(None).applicators


def read(folder: Path) -> tuple[list[SourceFrame], list[int]]:
    """The folder's frames, and how many were there at each that had to be rendered."""
    told: list[int] = []
    _header, frames = training_frames(folder, APPLICATORS, lambda done, _total: told.append(done))
    return frames, told


@pytest.mark.slow
def test_kept_frames_are_read(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shutil.copy(rendered(request), tmp_path)
    frames, told = read(tmp_path)
    assert not told
    assert len(frames) == sum(n for n, _apart in TAKEN.values())


def test_damaged_ones_are_rendered_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "TAKEN", {"survey": (2, 1)})
    frames, told = read(tmp_path)
    assert told == [1, 2]
    kept = tmp_path / FILE_NAME
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    again, told = read(tmp_path)
    assert told == [1, 2]
    assert kept.read_bytes() == whole
    for one, other in zip(frames, again, strict=True):
        assert (one.frame.depth_raw == other.frame.depth_raw).all()
        assert one.frame.stamp_ns == other.frame.stamp_ns
