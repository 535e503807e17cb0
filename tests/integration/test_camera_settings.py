"""A camera's settings come along: from a real bag, from the vendor's .db3, from a camera."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from pathlib import Path

import pyrealsense2 as rs
import pytest

from pipeline.cli.app import main
from recordings.camera_settings import CameraSettings, SensorSettings, settings_of, with_settings
from recordings.opening import open_source
from recordings.realsense import db3_writer
from recordings.realsense.live import open_live
from recordings.realsense.software_camera import SoftwareCamera
from tests.integration.shared_data import shared
from tests.recording_frames import INTRINSICS, UNIT_MM, make_frames, make_header

BAG = "single_depth_color_640x480.bag"
DEPTH = {
    rs.option.exposure: 8500.0,
    rs.option.laser_power: 150.0,
    rs.option.visual_preset: 3.0,
    rs.option.enable_auto_exposure: 0.0,
}
COLOR = {rs.option.white_balance: 4600.0}
FIRMWARE = "05.16.00.01"


def camera(name: str = "Soft D435") -> SoftwareCamera:
    made = SoftwareCamera(INTRINSICS, UNIT_MM, 30.0, name=name, serial="S1")
    made.set_options(DEPTH, COLOR)
    made.device.register_info(rs.camera_info.firmware_version, FIRMWARE)
    return made


def read_from(path: Path) -> CameraSettings:
    source = open_source(str(path), applicators={})
    try:
        found = settings_of(source.header)
    finally:
        source.close()
    assert found is not None
    return found


def test_a_real_bag_tells_how_its_camera_was_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = shared("librealsense_bag") / BAG
    depth, color = read_from(bag).sensors
    assert (depth.name, color.name) == ("Stereo Module", "RGB Camera")
    assert depth.preset == "custom"
    want = {"exposure": 8500.0, "gain": 16.0, "laser_power": 150.0, "emitter_enabled": 1.0}
    assert want.items() <= depth.options.items()
    assert (depth.options["depth_units"], depth.options["visual_preset"]) == (0.001, 0.0)
    assert depth.options["stereo_baseline"] == pytest.approx(50.17, abs=0.01)
    assert color.options["white_balance"] == 4600.0
    copy = tmp_path / "bag.mcap"
    assert main(["record", str(bag), str(copy)]) == 0
    assert read_from(copy) == read_from(bag)
    assert read_from(copy).firmware == "05.09.14.00"
    capsys.readouterr()
    assert main(["sessions", "info", str(copy)]) == 0
    told = capsys.readouterr().out
    for part in ("firmware 05.09.14.00, USB 3.2", "exposure 8500", "laser_power 150", "preset cus"):
        assert part in told
    assert main(["sessions", "info", str(copy), "--json"]) == 0
    assert "laser_power 150" in json.loads(capsys.readouterr().out)["header"]["settings"]


def test_the_vendors_db3_gives_the_settings_back(tmp_path: Path) -> None:
    path = tmp_path / "r.db3"
    made = camera()
    assert db3_writer._record(path, made, make_frames(3)) == 3
    gc.collect()  # the vendor's recorder finishes its file when it is destroyed
    found = read_from(path)
    depth, color = found.sensors
    assert found.firmware == FIRMWARE
    assert {option.name: value for option, value in DEPTH.items()}.items() <= depth.options.items()
    assert depth.preset == "high_accuracy"
    assert color.options["white_balance"] == 4600.0
    copy = tmp_path / "r.mcap"
    assert main(["record", str(path), str(copy)]) == 0
    assert read_from(copy) == found


def test_a_camera_is_asked_when_it_is_opened() -> None:
    source = open_live("S1", [camera().device])
    found = settings_of(source.header)
    source.close()
    assert found is not None
    assert found.sensors[0].options["exposure"] == 8500.0
    other = open_live("S1", [camera("Another").device])
    found = settings_of(other.header)
    other.close()
    assert found is not None
    assert found.sensors[0].preset == ""


def test_settings_that_are_none_are_not_kept_and_not_believed() -> None:
    header = make_header()
    silent = CameraSettings(firmware="1", sensors=(SensorSettings(name="a", options={}),))
    assert with_settings(header, silent) is header
    assert settings_of(header) is None
    told = CameraSettings(sensors=(SensorSettings(name="a", options={"gain": 16.0}),))
    once = with_settings(header, told)
    assert settings_of(once) == told
    assert with_settings(once, told) == once
    assert list(told.lines()) == ["a: gain 16"]
    assert list(silent.lines()) == ["firmware 1, USB not told", "a: nothing told"]
    for text in ("[]", "{", '{"sensors": [{"name": "a", "options": {"gain": NaN}}]}'):
        bad = replace(header, embedded=(("camera_settings.json", text),))
        assert settings_of(bad) is None
