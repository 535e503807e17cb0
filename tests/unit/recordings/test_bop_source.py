"""BOP folders: the contract to the letter, each fault with its own message."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recordings.bop.source import BopSource
from recordings.bop.writer import BopWriter
from recordings.images import decode_png, encode_jpeg, encode_png
from recordings.recorder import record_session
from recordings.session.reader import SessionSource
from recordings.source import Freshness
from tests.recording_frames import (
    INTRINSICS,
    SERIAL,
    UNIT_MM,
    assert_same_depth,
    assert_same_truth,
    make_frames,
    read_all,
)
from tracking.errors import SourceError, UsageError
from tracking.segmentation import Label
from tracking.transforms import ORTHONORMAL_TOLERANCE, orthonormal_error

N_FRAMES = 4
INDICES = (5, 6, 7, 8)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return write_scene(tmp_path / "scene")


def write_scene(folder: Path) -> Path:
    """Four frames with everything, colour in all of them."""
    with BopWriter(folder, INTRINSICS, UNIT_MM) as writer:
        for frame in make_frames(N_FRAMES):
            color = np.full((*INTRINSICS.shape, 3), (200, 100, 50), np.uint8)
            writer.write(replace(frame, frame=replace(frame.frame, color_rgb=color)))
    return folder


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_written_folder_comes_back(scene: Path) -> None:
    source = BopSource(scene)
    assert source.header.origin == "foreign"
    assert source.header.intrinsics == INTRINSICS
    assert source.header.depth_unit_mm == UNIT_MM
    assert source.header.n_frames == N_FRAMES
    assert source.freshness is Freshness.EVERY_FRAME
    frames = read_all(source)
    assert source.damage is None
    for got, want in zip(frames, make_frames(N_FRAMES), strict=True):
        assert_same_depth(got, want)
        assert_same_truth(got, want)
        assert got.labels_tell_bed
        assert got.frame.color_rgb is not None
        assert got.frame.color_rgb[0, 0].tolist() == [200, 100, 50]
        assert got.frame.device_serial == "" != SERIAL


def test_frames_play_in_the_order_of_their_indices_at_30_per_second(tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    frames = [make_frames(1, first_index=i)[0] for i in (100, 9, 1000001)]
    with BopWriter(folder, INTRINSICS, UNIT_MM) as writer:
        for frame in frames:
            writer.write(frame)
    read = read_all(BopSource(folder))
    assert [f.frame.frame_index for f in read] == [9, 100, 1000001]
    assert [f.frame.stamp_ns for f in read] == [0, 33_333_333, 66_666_667]
    assert [f.frame.arrival_ns for f in read] == [f.frame.stamp_ns for f in read]


def test_folder_without_extras(scene: Path) -> None:
    for name in ("rgb", "mask_visib", "label"):
        shutil.rmtree(scene / name)
    for name in ("scene_gt.json", "scene_truth.json"):
        (scene / name).unlink()
    for frame in read_all(BopSource(scene)):
        assert frame.frame.color_rgb is None
        assert frame.labels is not None
        assert not frame.labels.any()
        assert not frame.labels_tell_bed
        assert frame.truth is None


def test_mask_alone_labels_the_applicator_only(scene: Path) -> None:
    shutil.rmtree(scene / "label")
    for got, want in zip(read_all(BopSource(scene)), make_frames(N_FRAMES), strict=True):
        assert got.labels is not None
        assert want.labels is not None
        expected = np.where(want.labels == Label.APPLICATOR, Label.APPLICATOR, Label.OTHER)
        assert np.array_equal(got.labels, expected)
        assert not got.labels_tell_bed


def test_absent_mask_means_no_applicator(scene: Path) -> None:
    (scene / "mask_visib" / "000006_000000.png").unlink()
    frames = read_all(BopSource(scene))
    assert len(frames) == N_FRAMES
    labels = frames[1].labels
    assert labels is not None
    assert not (labels == Label.APPLICATOR).any()
    assert (labels == Label.TUMOR_BED).any()


def test_jpeg_colour_is_accepted(scene: Path) -> None:
    for index in INDICES:
        png = scene / "rgb" / f"{index:06d}.png"
        pixels = decode_png(png.read_bytes(), (*INTRINSICS.shape, 3), np.uint8)
        png.unlink()
        png.with_suffix(".jpg").write_bytes(encode_jpeg(pixels))
    frames = read_all(BopSource(scene))
    assert len(frames) == N_FRAMES
    color = frames[0].frame.color_rgb
    assert color is not None
    assert np.abs(color.astype(int) - (200, 100, 50)).max() <= 3  # JPEG of one flat colour


def test_intrinsics_and_unit_may_differ_between_frames(scene: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["6"]["cam_K"][0] = 70.0
        content["6"]["depth_scale"] = 0.25

    edit(scene / "scene_camera.json", change)
    source = BopSource(scene)
    frames = read_all(source)
    assert [f.frame.intrinsics.fx for f in frames] == [60.25, 70.0, 60.25, 60.25]
    assert [f.frame.depth_unit_mm for f in frames] == [0.1, 0.25, 0.1, 0.1]
    assert source.header.intrinsics == INTRINSICS


def drop(key: str, index: str = "7") -> Callable[[dict[str, Any]], None]:
    return lambda content: content[index].pop(key)


def put(key: str, value: object, index: str = "7") -> Callable[[dict[str, Any]], None]:
    return lambda content: content[index].update({key: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("cam_K"), "frame 7 has no intrinsics"),
        (drop("depth_scale"), "frame 7 has no depth unit"),
        (put("depth_scale", 0), "invalid depth unit"),
        (put("depth_scale", "1"), "invalid depth unit"),
        (put("depth_scale", float("nan")), "invalid depth unit"),
        (put("cam_K", [1.0, 2.0]), "invalid intrinsics"),
        (put("cam_K", [60.0, 1.0, 32.0, 0.0, 60.0, 24.0, 0.0, 0.0, 1.0]), "not a pinhole"),
        (put("cam_K", [-60.0, 0.0, 32.0, 0.0, 60.0, 24.0, 0.0, 0.0, 1.0]), "invalid intrinsics"),
        (lambda content: content.update({"x": {}}), "keys are frame indices"),
        (lambda content: content.update({"007": content["7"]}), "keys are frame indices"),
        (lambda content: content.update({"9" * 5000: content["7"]}), "keys are frame indices"),
        (lambda content: content.clear(), "lists no frames"),
        (lambda content: content.pop("7"), "1 depth images have no intrinsics"),
    ],
)
def test_faulty_camera_file(
    scene: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    edit(scene / "scene_camera.json", change)
    with pytest.raises(SourceError, match=message):
        BopSource(scene)


def test_no_camera_file(scene: Path) -> None:
    (scene / "scene_camera.json").unlink()
    with pytest.raises(SourceError, match="has no intrinsics"):
        BopSource(scene)


@pytest.mark.parametrize("text", ['{"5": ', "[" * 100_000])
def test_camera_file_that_is_no_json(scene: Path, text: str) -> None:
    (scene / "scene_camera.json").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be read"):
        BopSource(scene)


MIRROR = [-1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("n_decimals", [4, 5, 6, 9])
def test_rounded_poses_are_made_rotations_again(scene: Path, n_decimals: int) -> None:
    def rounded(content: dict[str, Any]) -> None:
        for poses in content.values():
            for pose in poses:
                pose["cam_R_m2c"] = [round(x, n_decimals) for x in pose["cam_R_m2c"]]

    edit(scene / "scene_gt.json", rounded)
    for got, want in zip(read_all(BopSource(scene)), make_frames(N_FRAMES), strict=True):
        assert got.truth is not None
        assert want.truth is not None
        expected = want.truth.camera_from_applicator
        pose = got.truth.camera_from_applicator
        if expected is None:
            continue
        assert pose is not None
        assert orthonormal_error(pose[:3, :3]) <= ORTHONORMAL_TOLERANCE
        assert np.abs(pose - expected).max() <= 10.0**-n_decimals  # rounding errs by half of it


ROUNDED_MIRROR = [-1.0001, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
ONE_PERMILLE_TOO_LARGE = (1.001 * np.eye(3)).ravel().tolist()


@pytest.mark.parametrize(
    "pose",
    [
        {"cam_R_m2c": ROUNDED_MIRROR, "cam_t_m2c": [0, 0, 500]},
        {"cam_R_m2c": ONE_PERMILLE_TOO_LARGE, "cam_t_m2c": [0, 0, 500]},
        {"cam_R_m2c": MIRROR, "cam_t_m2c": [0, 0, 500]},
        {"cam_R_m2c": np.eye(3).ravel().tolist(), "cam_t_m2c": [0, 0, float("nan")]},
        {"cam_R_m2c": (2 * np.eye(3)).ravel().tolist(), "cam_t_m2c": [0, 0, 500]},
        {"cam_t_m2c": [0, 0, 500]},
        "pose",
    ],
)
def test_invalid_pose_is_refused(scene: Path, pose: object) -> None:
    edit(scene / "scene_gt.json", lambda content: content.update({"7": [pose]}))
    with pytest.raises(SourceError, match="frame 7 has an invalid pose"):
        BopSource(scene)


def test_invalid_truth_is_refused(scene: Path) -> None:
    edit(scene / "scene_truth.json", put("surprise", 1))
    with pytest.raises(SourceError, match="frame 7 is invalid"):
        BopSource(scene)


WIDER = (INTRINSICS.height, INTRINSICS.width + 1)


@pytest.mark.parametrize(
    ("name", "pixels", "message"),
    [
        ("depth/000007.png", np.zeros(INTRINSICS.shape, np.uint8), "depth image of the wrong kind"),
        ("depth/000007.png", np.zeros((*INTRINSICS.shape, 3), np.uint16), "of the wrong kind"),
        ("depth/000007.png", np.zeros(WIDER, np.uint16), "depth image of another size"),
        ("rgb/000007.png", np.zeros((*WIDER, 3), np.uint8), "colour and depth of different size"),
        ("rgb/000007.png", np.zeros(INTRINSICS.shape, np.uint8), "colour image of the wrong kind"),
    ],
)
def test_images_that_contradict_each_other(
    scene: Path, name: str, pixels: np.ndarray[Any, Any], message: str
) -> None:
    (scene / name).write_bytes(encode_png(pixels))
    with pytest.raises(SourceError, match=message):
        BopSource(scene)


@pytest.mark.parametrize("name", ["depth/000007.png", "rgb/000007.png"])
@pytest.mark.parametrize("n_bytes", [0, 20, 60])
def test_truncated_image_ends_the_source(scene: Path, name: str, n_bytes: int) -> None:
    path = scene / name
    path.write_bytes(path.read_bytes()[:n_bytes])
    source = BopSource(scene)
    frames = read_all(source)
    assert [f.frame.frame_index for f in frames] == [5, 6]
    assert source.damage is not None
    assert "after 2 of 4 frames" in source.damage
    assert "frame 7 is damaged" in source.damage
    assert source.read() is None


@pytest.mark.parametrize("name", ["depth/000007.png", "rgb/000007.png"])
def test_missing_image_ends_the_source(scene: Path, name: str) -> None:
    (scene / name).unlink()
    source = BopSource(scene)
    assert len(read_all(source)) == 2
    assert source.damage is not None
    assert "No such file" in source.damage


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    return bytes(encode_png(pixels))


LABEL = "label/000007.png"
MASK = "mask_visib/000007_000000.png"


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        (LABEL, None, "No such file"),
        (LABEL, b"", "label/000007.png"),
        (LABEL, b"junk" * 50, "label/000007.png"),
        (LABEL, png(np.zeros(WIDER, np.uint8)), "label/000007.png is not a label image"),
        (LABEL, png(np.zeros(INTRINSICS.shape, np.uint16)), "is not a label image"),
        (LABEL, png(np.full(INTRINSICS.shape, max(Label) + 1, np.uint8)), "codes are 0..3"),
        (MASK, png(np.zeros(WIDER, np.uint8)), f"{MASK} is not a label image"),
        (MASK, b"", MASK),
    ],
)
def test_labels_that_cannot_be_read_are_a_fault_of_their_frame_only(
    scene: Path, name: str, content: bytes | None, part: str
) -> None:
    if content is None:
        (scene / name).unlink()
    else:
        (scene / name).write_bytes(content)
    source = BopSource(scene)
    frames = read_all(source)
    assert source.damage is None
    assert [f.frame.frame_index for f in frames] == list(INDICES)
    assert [f.labels is None for f in frames] == [False, False, True, False]
    assert [bool(f.labels_fault) for f in frames] == [False, False, True, False]
    assert part in frames[2].labels_fault
    for got, want in zip(frames, make_frames(N_FRAMES), strict=True):
        assert_same_depth(got, want)


@pytest.mark.parametrize("name", [LABEL, MASK])
def test_truncated_labels_are_a_fault_of_their_frame_only(scene: Path, name: str) -> None:
    path = scene / name
    path.write_bytes(path.read_bytes()[:60])
    frames = read_all(BopSource(scene))
    assert len(frames) == N_FRAMES
    assert frames[2].labels is None
    assert name in frames[2].labels_fault


def test_unreadable_labels_are_never_recorded_as_none(scene: Path, tmp_path: Path) -> None:
    (scene / LABEL).unlink()
    copy = tmp_path / "copy.mcap"
    with pytest.raises(SourceError, match="up to frame 7 only") as caught:
        record_session(BopSource(scene), copy)
    assert LABEL in caught.value.actual
    assert len(read_all(SessionSource(copy))) == 2


def test_first_depth_image_must_be_readable(scene: Path) -> None:
    (scene / "depth" / "000005.png").write_bytes(b"")
    with pytest.raises(SourceError, match="no readable depth image"):
        BopSource(scene)


def test_a_picture_that_announces_a_huge_size_is_refused_unread(scene: Path) -> None:
    for path in (scene / "depth").iterdir():
        data = bytearray(path.read_bytes())
        data[16:24] = (100_000).to_bytes(4, "big") * 2
        path.write_bytes(data)
    with pytest.raises(SourceError, match="first frame") as caught:
        BopSource(scene)
    assert "100000x100000" in caught.value.actual


def test_failed_writing_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    frame = make_frames(1)[0]
    writer = BopWriter(folder, INTRINSICS, UNIT_MM)
    writer.write(frame)
    with pytest.raises(UsageError, match="used twice"), writer:
        writer.write(frame)
    assert list(tmp_path.iterdir()) == []


def test_writer_refuses_a_folder_that_holds_something(scene: Path) -> None:
    before = sorted(scene.rglob("*"))
    with pytest.raises(UsageError, match="not empty"):
        BopWriter(scene, INTRINSICS, UNIT_MM)
    assert sorted(scene.rglob("*")) == before


def test_writer_refuses_frames_of_another_camera(tmp_path: Path) -> None:
    other = replace(INTRINSICS, fx=61.0)
    with (
        pytest.raises(UsageError, match="another camera"),
        BopWriter(tmp_path / "scene", INTRINSICS, UNIT_MM) as writer,
    ):
        writer.write(make_frames(1, other)[0])
    assert list(tmp_path.iterdir()) == []
