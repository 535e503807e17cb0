"""The colour camera's own picture in a session: the pixels of the live run are the replay's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recordings.encoded_picture import as_recorded
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter
from tests.recording_frames import make_frames, make_header, read_all
from tracking.camera import CameraIntrinsics
from tracking.frame import SourceFrame
from tracking.picture import ColorPicture
from tracking.transforms import rigid, rotation_from_vector

COLOR = CameraIntrinsics(1920, 1080, 1380.0, 1381.0, 959.0, 541.0)
JPEG_ERROR = 3.0  # levels, mean over a smooth picture


def picture(**changes: object) -> ColorPicture:
    v, u = np.mgrid[0:40, 0:60]
    grey = (128 + 60 * np.sin(u / 7.0) * np.cos(v / 9.0)).astype(np.uint8)
    pose = rigid(rotation_from_vector([0.01, -0.02, 0.003]), [14.7, 0.2, -0.4])
    values: dict[str, Any] = {
        "corner_px": (311, 97),
        "distortion": (0.1, -0.2, 1e-3, 2e-3, 0.05),
    } | changes
    return ColorPicture(grey, COLOR, pose, **values)


def written_and_read(path: Path, shown: ColorPicture | None) -> SourceFrame:
    frame = replace(make_frames(1)[0], picture=shown)
    with SessionWriter(path, make_header()) as writer:
        writer.write(frame)
    return read_all(SessionSource(path))[0]


def test_a_live_run_and_its_replay_see_the_same_pixels(tmp_path: Path) -> None:
    live = as_recorded(picture())
    replayed = written_and_read(tmp_path / "a.mcap", live).picture
    assert replayed is not None
    np.testing.assert_array_equal(replayed.grey, live.grey)
    assert replayed.encoded == live.encoded
    assert (replayed.intrinsics, replayed.corner_px) == (COLOR, (311, 97))
    assert replayed.distortion == live.distortion
    np.testing.assert_array_equal(replayed.camera_from_color, live.camera_from_color)


def test_a_picture_that_was_never_encoded_is_kept_nearly() -> None:
    plain = picture()
    kept = as_recorded(plain)
    assert np.abs(kept.grey.astype(float) - plain.grey).mean() < JPEG_ERROR


def test_a_frame_without_a_picture_comes_back_without(tmp_path: Path) -> None:
    assert written_and_read(tmp_path / "a.mcap", None).picture is None


def test_a_damaged_picture_ends_the_session(tmp_path: Path) -> None:
    live = as_recorded(picture())
    path = tmp_path / "a.mcap"
    written_and_read(path, live)
    data = path.read_bytes()
    place = data.index(live.encoded) + len(live.encoded) // 2
    path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
    source = SessionSource(path)
    assert source.read() is None
    assert source.damage is not None
    source.close()


@pytest.mark.parametrize("corner_px", [(1900, 0), (0, 1060), (-1, 0)])
def test_a_part_outside_the_picture_is_refused(corner_px: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="does not lie in"):
        picture(corner_px=corner_px)


def test_the_lens_is_undone_where_it_was_applied() -> None:
    shown = picture()
    points = np.array([[30.0, -20.0, 500.0], [-120.0, 60.0, 420.0], [0.0, 0.0, 300.0]])
    ideal = shown.ideal(shown.project(points))
    np.testing.assert_allclose(ideal, points[:, :2] / points[:, 2:], atol=1e-7)
