"""Real frames, none of which shows an applicator: the shipped network must not find one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.training.real_frames import real_frames
from pipeline.replay import replay
from pipeline.request import RunRequest
from recordings.bop.writer import BopWriter
from tests.config_texts import CATALOGUE, PLAN, RIG, written
from tests.integration.real_scenes import read_cloud
from tests.integration.shared_data import SHARED_DATA, shared
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label

pytestmark = pytest.mark.real_data

CLOUDS = ("mosd_cylinders/learn33.pcd", "pcl_scenes/table_scene_mug_stereo_textured.pcd")
UNIT_MM = 0.1
MOST_FALSE_SHARE = 0.01  # of the image: required of the network
N_FRAMES = 9  # of all folders together


def _frames() -> Iterator[tuple[str, SourceFrame]]:
    yield from real_frames(SHARED_DATA)
    for name in CLOUDS:
        scene = read_cloud(SHARED_DATA / name)
        raw = np.rint(scene.depth_mm / UNIT_MM).astype(np.uint16)
        frame = RgbdFrame(0, "", 0, 0, scene.intrinsics, raw, UNIT_MM, scene.color_rgb)
        yield name, SourceFrame(frame)


def _replayed(source_frame: SourceFrame, folder: Path) -> tuple[dict[str, Any], float]:
    """The frame's record, and the share of the image that the network calls applicator."""
    frame = source_frame.frame
    with BopWriter(folder / "scene", frame.intrinsics, frame.depth_unit_mm) as writer:
        writer.write(source_frame)
    request = RunRequest(
        source=str(folder / "scene"),
        rig_path=written(folder, "rig.toml", RIG),
        plan_path=written(folder, "plan.toml", PLAN),
        out_dir=folder / "out",
        catalogue_path=written(folder, "catalogue.toml", CATALOGUE),
        segmenter="onnx",
        independent=True,
        save_masks=True,
        video=False,
        quiet=True,
    )
    assert replay(request) == 0
    (line,) = (folder / "out" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    labels = cv2.imread(str(folder / "out" / "masks" / "000000.png"), cv2.IMREAD_UNCHANGED)
    assert labels is not None
    assert labels.shape == frame.intrinsics.shape
    return json.loads(line), float((labels == Label.APPLICATOR).mean())


def test_no_applicator_is_found_and_nothing_passes(tmp_path: Path) -> None:
    for name in ("librealsense_bag", "m3t_d435_bottle", "sixdof_graspnet_mugs"):
        shared(name)
    false_shares = {}
    for index, (name, source_frame) in enumerate(_frames()):
        folder = tmp_path / str(index)
        folder.mkdir()
        record, false_shares[name] = _replayed(source_frame, folder)
        assert record["checks_passed"] is False, name
        assert record["verdict"] != "READY", name
    assert len(false_shares) == N_FRAMES
    assert max(false_shares.values()) <= MOST_FALSE_SHARE, false_shares
