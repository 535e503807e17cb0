"""Every form of `sessions export`, read back by something that did not write it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from mcap.reader import make_reader
from numpy.typing import NDArray

from pipeline.cli.app import main
from pipeline.cloud_file import read_cloud
from pipeline.config.catalogue_file import read_catalogue
from recordings.opening import open_source
from recordings.simulation.simulate import simulate
from tracking.frame import SourceFrame

N_FRAMES = 26
Image = NDArray[Any]
FORMS = {"png": "png", "ply": "ply", "bop": "bop", "viewer": "v.mcap", "csv": "t.csv"}
LATE = {"mp4": "o.mp4", "rrd": "r.rrd"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mcap"
    simulate("docking-small", 4, path, read_catalogue(None).applicators, n_frames=N_FRAMES)
    return path


@pytest.fixture(scope="module")
def frames(clip: Path) -> list[SourceFrame]:
    source = open_source(str(clip), applicators={})
    found = [frame for _ in range(N_FRAMES) if (frame := source.read()) is not None]
    source.close()
    return found


@pytest.fixture(scope="module")
def exported(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    options = [part for k, v in {**FORMS, **LATE}.items() for part in (f"--{k}", str(folder / v))]
    assert main(["sessions", "export", str(clip), *options, "--segmenter", "masks"]) == 0
    return folder


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def _pixels(data: bytes) -> Image:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return np.asarray(found)


def test_images_are_the_recorded_ones(exported: Path, frames: list[SourceFrame]) -> None:
    for at in (0, N_FRAMES - 1):
        frame, name = frames[at].frame, f"{frames[at].frame.frame_index:06d}.png"
        raw = _pixels((exported / "png" / "depth" / name).read_bytes())
        assert np.array_equal(raw, frame.depth_raw)
        colour = _pixels((exported / "png" / "colour" / name).read_bytes())
        assert frame.color_rgb is not None
        assert np.array_equal(colour[..., ::-1], frame.color_rgb)
    rows = _rows(exported / "png" / "frames.csv")
    assert [row["depth_sha256"] for row in rows] == [f.frame.depth_sha256 for f in frames]
    camera = json.loads((exported / "png" / "camera.json").read_text())
    assert camera["fx"] == frames[0].frame.intrinsics.fx


def test_clouds_are_in_mm(exported: Path, frames: list[SourceFrame]) -> None:
    frame = frames[3].frame
    cloud = read_cloud(str(exported / "ply" / f"{frame.frame_index:06d}.ply"), None)
    assert cloud.unit == "mm"
    has_depth = frame.depth_mm > 0
    assert len(cloud.points_mm) == int(has_depth.sum())
    assert np.allclose(cloud.points_mm[:, 2], frame.depth_mm[has_depth], atol=1e-3)


def test_a_bop_folder_opens_again(exported: Path, frames: list[SourceFrame]) -> None:
    source = open_source(str(exported / "bop"), applicators={})
    for expected in frames:
        again = source.read()
        assert again is not None
        assert again.frame.depth_sha256 == expected.frame.depth_sha256
        assert again.labels is not None
        assert expected.labels is not None
        assert np.array_equal(again.labels, expected.labels)
    source.close()


def test_a_viewers_file_holds_what_viewers_know(exported: Path, frames: list[SourceFrame]) -> None:
    by_topic: dict[str, list[bytes]] = {}
    with (exported / "v.mcap").open("rb") as stream:
        for schema, channel, message in make_reader(stream).iter_messages():
            assert schema is not None
            assert schema.name.startswith("foxglove.")
            by_topic.setdefault(channel.topic, []).append(message.data)
    assert set(by_topic) == {
        *("/camera/calibration", "/camera/depth", "/camera/color", "/camera/labels"),
        *("/tf", "/verdict"),
    }
    depth = _pixels(CompressedImage.FromString(by_topic["/camera/depth"][0]).data)
    assert np.array_equal(depth, np.round(frames[0].frame.depth_mm).astype(np.uint16))
    moved = FrameTransform.FromString(by_topic["/tf"][-1])
    assert 0.2 < moved.translation.z < 1.0  # metres


def test_a_table_holds_what_a_replay_records(clip: Path, exported: Path, tmp_path: Path) -> None:
    files = [(f"--{kind}", str(clip.with_name(f"clip.{kind}.toml"))) for kind in ("rig", "plan")]
    options = [part for pair in files for part in pair]
    replayed = ["replay", str(clip), *options, "--out", str(tmp_path / "r"), "--no-video"]
    assert main([*replayed, "--segmenter", "masks"]) == 0
    records = [json.loads(line) for line in _lines(tmp_path / "r" / "records.jsonl")]
    rows = _rows(exported / "t.csv")
    assert [row["verdict"] for row in rows] == [r["verdict"] for r in records]
    for row, record in zip(rows, records, strict=True):
        for name in ("docking_gap_mm", "tilt_x_deg"):
            value = record["alignment"][name]["value"]
            assert row[name] == ("" if value is None else repr(value))
    assert any(row["docking_gap_mm"] for row in rows)


def test_a_video_and_a_rerun_recording_can_be_opened(exported: Path) -> None:
    with av.open(str(exported / "o.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == N_FRAMES
    rerun = Path(sys.executable).with_name("rerun")
    ran = subprocess.run(
        [str(rerun), "rrd", "print", str(exported / "r.rrd")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    drawn = ("cloud", "applicator/cone", "image/labels", "residuals")
    for entity in (*(f"camera/{name}" for name in drawn), "verdict"):
        assert f"/{entity}" in ran.stdout
    assert "quantity/docking_gap_mm" in ran.stdout


def test_a_range_is_cut_out_and_tracked_from_the_start(
    clip: Path, exported: Path, tmp_path: Path, frames: list[SourceFrame]
) -> None:
    first, last = (frames[at].frame.frame_index for at in (20, 24))
    part = tmp_path / "part.csv"
    options = ("--from", str(first), "--to", str(last), "--csv", str(part))
    assert main(["sessions", "export", str(clip), *options, "--segmenter", "masks"]) == 0
    whole = {row["frame_index"]: row for row in _rows(exported / "t.csv")}
    rows = _rows(part)
    assert [int(row["frame_index"]) for row in rows] == [f.frame.frame_index for f in frames[20:25]]
    for row in rows:
        same = whole[row["frame_index"]]
        assert {k: v for k, v in row.items() if k != "total_ms"} == {
            k: v for k, v in same.items() if k != "total_ms"
        }


def test_nothing_is_replaced_and_nothing_half_written_stays(
    clip: Path, exported: Path, tmp_path: Path
) -> None:
    export = ["sessions", "export", str(clip)]
    assert main(export) == 2
    one = str(tmp_path / "one")
    assert main([*export, "--png", one, "--ply", one]) == 2
    assert main([*export, "--csv", str(tmp_path / "none" / "x.csv")]) == 2
    late = ["--csv", str(tmp_path / "late.csv"), "--from", "100000", "--segmenter", "masks"]
    assert main([*export, *late]) == 2
    assert list(tmp_path.iterdir()) == []
    for name, value in {**FORMS, **LATE}.items():
        before = sorted(exported.rglob("*"))
        assert main([*export, f"--{name}", str(exported / value), "--segmenter", "masks"]) == 2
        assert sorted(exported.rglob("*")) == before
    out = tmp_path / "png"
    assert main([*export, "--png", str(out), "--from", "100000"]) == 2
    assert main([*export, "--png", str(out), "--csv", str(exported / "t.csv")]) == 2
    assert list(tmp_path.iterdir()) == []
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    assert main(["sessions", "export", str(cut), "--png", str(out)]) == 5
    assert len(list((out / "depth").iterdir())) > 3
    assert (
        main(["sessions", "export", str(exported / "bop"), "--csv", str(tmp_path / "t.csv")]) == 2
    )
