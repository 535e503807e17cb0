"""A real D435 recording: exact header, exact frames, UNSURE, never a crash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.demo import PLAN, RIG
from pipeline.replay import replay
from pipeline.request import RunRequest
from recordings.opening import open_source
from tests.integration.shared_data import shared

BAG = "single_depth_color_640x480.bag"
PIXEL_TOLERANCE = 0.005  # the README gives two decimals


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    text = RIG.read_text().replace('camera_serial = "SIM0000415"', 'camera_serial = "any"')
    path = tmp_path / "rig.toml"
    path.write_text(text)
    return path


def test_header_and_frames_are_exact() -> None:
    source = open_source(str(shared("librealsense_bag") / BAG), applicators={})
    try:
        header = source.header
        k = header.intrinsics
        assert (k.width, k.height) == (640, 480)
        assert [k.fx, k.fy, k.cx, k.cy] == pytest.approx(
            [390.43, 390.43, 331.39, 242.19], abs=PIXEL_TOLERANCE
        )
        assert header.depth_unit_mm == pytest.approx(1.0)
        assert header.origin == "foreign"
        frames = []
        while (frame := source.read()) is not None:
            frames.append(frame)
        assert len(frames) == 2
        assert source.damage is None
    finally:
        source.close()


def test_replay_is_unsure_for_want_of_an_applicator(rig: Path, tmp_path: Path) -> None:
    request = RunRequest(
        source=str(shared("librealsense_bag") / BAG),
        rig_path=rig,
        plan_path=PLAN,
        out_dir=tmp_path / "out",
        quiet=True,
    )
    assert replay(request) == 0
    lines = (tmp_path / "out" / "records.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    assert [record["verdict"] for record in records] == ["UNSURE", "UNSURE"]
    assert all(record["reasons"] == ["NO_APPLICATOR"] for record in records)
