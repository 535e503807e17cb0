"""`[depth.calibration]`: what the rig's depth holds for, and what happens where it does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from calibration.rig_check import (
    check_rig_fits_camera,
    check_rig_is_valid,
    expires_at,
    is_rig_valid,
)
from calibration.rig_file import parse_rig
from pipeline.config.config_tables import rig_table
from tests.config_texts import RIG, replaced
from tracking.errors import CalibrationError, ConfigurationError
from tracking.rig import Rig
from tracking.toml_text import toml_text

HELD = """\
[depth.calibration]
camera_serial = "123"
calibrated_at = 2026-01-05T08:00:00Z
valid_days = 10
distance_mm = [350.0, 650.0]
reference_sigma_mm = 0.2
temperature_c = [30.0, 38.0]
warm_up_min = 20.0
"""
TEXT = replaced(RIG, "[labels]\n", HELD + "[labels]\n")
OWN = replaced(TEXT, '"any"', '"123"')


def _rig(text: str = OWN) -> Rig:
    return parse_rig(text, "rig.toml")


def test_it_is_read_and_written_back() -> None:
    rig = _rig()
    assert rig.depth_calibration is not None
    assert rig.depth_calibration.temperature_c == (30.0, 38.0)
    again = _rig(toml_text({"schema": 1, **rig_table(rig)}))
    assert again.depth_calibration == rig.depth_calibration
    assert parse_rig(RIG, "rig.toml").depth_calibration is None


def test_the_rig_holds_no_longer_than_its_depth() -> None:
    rig = _rig()
    assert rig.depth_calibration is not None
    start = rig.depth_calibration.calibrated_at
    assert expires_at(rig) == start + timedelta(days=10)
    assert is_rig_valid(rig, start)
    assert not is_rig_valid(rig, start - timedelta(seconds=1))
    assert not is_rig_valid(rig, start + timedelta(days=10, seconds=1))
    with pytest.raises(CalibrationError, match="does not hold at this time"):
        check_rig_is_valid(rig, start + timedelta(days=11))
    assert is_rig_valid(parse_rig(RIG, "rig.toml"), start + timedelta(days=11))


def test_the_depth_of_another_camera_is_refused() -> None:
    with pytest.raises(CalibrationError) as caught:
        _rig(
            replaced(
                OWN, 'calibration]\ncamera_serial = "123"', 'calibration]\ncamera_serial = "9"'
            )
        )
    assert "depth.calibration is of camera 9" in str(caught.value)
    check_rig_fits_camera(_rig(TEXT), "123", "foreign")
    with pytest.raises(CalibrationError, match="depth was calibrated with another camera"):
        check_rig_fits_camera(_rig(TEXT), "124", "foreign")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("valid_days = 10\n", "valid_days = 0\n"),
        ("valid_days = 10\n", "valid_days = nan\n"),
        ("2026-01-05T08:00:00Z", "2026-01-05T08:00:00"),
        ("[350.0, 650.0]", "[650.0, 350.0]"),
        ("[350.0, 650.0]", "[nan, 650.0]"),
        ("[30.0, 38.0]", "[38.0, 30.0]"),
        ("warm_up_min = 20.0", "warm_up_min = -1.0"),
        ("reference_sigma_mm = 0.2", "reference_sigma_mm = -0.2"),
    ],
)
def test_numbers_that_are_no_calibration_are_refused(old: str, new: str) -> None:
    with pytest.raises(CalibrationError):
        _rig(replaced(OWN, old, new))


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        _rig(replaced(OWN, "warm_up_min", "warm_up_minutes"))
