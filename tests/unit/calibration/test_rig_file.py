from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.rig_file import parse_rig, read_rig
from pipeline.config.config_tables import rig_table
from tests.config_texts import RIG, replaced, written
from tracking.depth_noise import StereoNoise
from tracking.errors import CalibrationError, ConfigurationError
from tracking.rig import FiducialPlane
from tracking.toml_text import toml_text
from tracking.transforms import ORTHONORMAL_TOLERANCE, orthonormal_error, rotation_from_vector

FIRST_ROW = "[1.0, 0.0, 0.0, 10.0]"


def test_a_valid_rig_is_read_as_written() -> None:
    rig = parse_rig(RIG, "rig.toml")
    assert rig.camera_serial == "any"
    np.testing.assert_array_equal(rig.head_from_camera[:3, 3], [10.0, 20.0, 30.0])
    assert isinstance(rig.depth, StereoNoise)
    assert (rig.depth.baseline_mm, rig.depth.focal_px, rig.depth.bias_mm) == (50.0, None, (0.0,))
    assert rig.labels == {"plus_x": "right", "plus_y": "back"}
    assert rig.calibrated_at.isoformat() == "2026-01-01T08:00:00+00:00"
    assert rig.fiducial is None


def test_optional_parts_are_optional() -> None:
    text = RIG[: RIG.index("[labels]")] + "focal_px = 425.0\n"
    text += "[fiducial]\nregion_px = [1, 2, 3, 4]\ndepth_mm = 400.0\n"
    rig = parse_rig(text, "rig.toml")
    assert rig.labels == {}
    assert isinstance(rig.depth, StereoNoise)
    assert rig.depth.focal_px == 425.0
    assert rig.fiducial is not None
    assert rig.fiducial.region_px == (1, 2, 3, 4)


def test_the_id_follows_the_content_and_not_the_file(tmp_path: Path) -> None:
    same = read_rig(written(tmp_path, "renamed.toml", RIG))
    changed = parse_rig(replaced(RIG, "50.0", "50.1"), "rig.toml")
    assert same.id == parse_rig(RIG, "rig.toml").id
    assert same.id != changed.id
    name, _, digits = same.id.partition("@")
    assert (name, len(digits)) == ("any", 12)


@pytest.mark.parametrize(
    ("old", "new", "part", "actual"),
    [
        (FIRST_ROW, "[nan, 0.0, 0.0, 10.0]", "not finite", "nan in row 1, column 1"),
        ("1.0, 30.0]", "1.0, inf]", "not finite", "inf in row 3, column 4"),
        (FIRST_ROW, "[-1.0, 0.0, 0.0, 10.0]", "mirrored", "determinant -1"),
        (FIRST_ROW, "[1.001, 0.0, 0.0, 10.0]", "not orthonormal", "2.00e-03"),
        (FIRST_ROW, "[1.0, 0.0, 0.0]", "not a 4x4 matrix", "rows of 3, 4, 4, 4"),
        ("[0, 0, 0, 1]", "[0, 0, 0, 2]", "not a rigid transform", "2.0]"),
        (", [0, 0, 0, 1]", "", "not a 4x4 matrix", "rows of 4, 4, 4"),
    ],
)
def test_a_pose_that_cannot_be_is_a_calibration_error(
    old: str, new: str, part: str, actual: str
) -> None:
    with pytest.raises(CalibrationError) as caught:
        parse_rig(replaced(RIG, old, new), "rig.toml")
    assert "rig.toml: head_from_camera" in caught.value.what
    assert part in caught.value.what
    assert actual in caught.value.actual


TILT = rotation_from_vector([0.3, -0.4, 1.1])


def with_rotation(rotation: np.ndarray, n_decimals: int) -> str:
    """A rig whose rotation is typed with so many decimals."""
    rows = [[f"{x:.{n_decimals}f}" for x in row] for row in rotation]
    typed = [f"[{', '.join([*row, str(mm)])}]" for row, mm in zip(rows, (10, 20, 30), strict=True)]
    start, end = RIG.index("    [1.0"), RIG.index(", [0, 0, 0, 1]")
    return RIG[:start] + ", ".join(typed) + RIG[end:]


@pytest.mark.parametrize("n_decimals", [5, 6, 7])
def test_a_typed_rotation_is_replaced_by_the_nearest_exact_one(n_decimals: int) -> None:
    rig = parse_rig(with_rotation(TILT, n_decimals), "rig.toml")
    rotation = rig.head_from_camera[:3, :3]
    assert orthonormal_error(rotation) <= ORTHONORMAL_TOLERANCE
    assert np.abs(rotation - TILT).max() <= 10.0**-n_decimals  # typing errs by half of it
    np.testing.assert_array_equal(rig.head_from_camera[:3, 3], [10.0, 20.0, 30.0])


@pytest.mark.parametrize("factor", [1.0001, 0.999])
def test_a_rotation_that_scales_is_refused(factor: float) -> None:
    with pytest.raises(CalibrationError, match="not orthonormal"):
        parse_rig(with_rotation(factor * TILT, 9), "rig.toml")


def test_a_typed_mirror_is_refused() -> None:
    with pytest.raises(CalibrationError, match="mirrored"):
        parse_rig(with_rotation(TILT @ np.diag([1.0, 1.0, -1.0]), 5), "rig.toml")


@pytest.mark.parametrize("position", ["1e9", "-10001.0"])
def test_a_camera_outside_the_room_is_refused(position: str) -> None:
    with pytest.raises(CalibrationError, match="farther from the head") as caught:
        parse_rig(replaced(RIG, "1.0, 30.0]", f"1.0, {position}]"), "rig.toml")
    assert "at most 10000 mm" in caught.value.expected


@pytest.mark.parametrize("days", ["1e12", "3651", "inf"])
def test_a_calibration_that_never_expires_is_refused(days: str) -> None:
    with pytest.raises(CalibrationError, match="valid_days is longer") as caught:
        parse_rig(replaced(RIG, "valid_days = 30", f"valid_days = {days}"), "rig.toml")
    assert "at most 3650 days" in caught.value.expected


def test_an_expiry_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(CalibrationError, match="no calibration gives"):
        parse_rig(replaced(RIG, "2026-01-01", "9999-12-30"), "rig.toml")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("angle_sigma_deg = 0.05", "angle_sigma_deg = nan", "angle_sigma_deg"),
        ("position_sigma_mm = 0.2", "position_sigma_mm = -0.2", "position_sigma_mm"),
        ("valid_days = 30", "valid_days = 0", "valid_days"),
        ("valid_days = 30", "valid_days = nan", "valid_days"),
        ("08:00:00Z", "08:00:00", "time zone"),
        ("bias_mm = [0.0]", "bias_mm = []", "bias_mm"),
        ("bias_mm = [0.0]", "bias_mm = [nan]", "bias_mm"),
        ("baseline_mm = 50.0", "baseline_mm = inf", "baseline_mm"),
        ("subpixel_px = 0.08", "subpixel_px = 0", "subpixel_px"),
    ],
)
def test_a_value_that_no_calibration_gives_is_a_calibration_error(
    old: str, new: str, part: str
) -> None:
    with pytest.raises(CalibrationError) as caught:
        parse_rig(replaced(RIG, old, new), "rig.toml")
    assert part in caught.value.actual


def test_room_mount_is_refused_as_not_supported() -> None:
    with pytest.raises(CalibrationError, match="not supported yet"):
        parse_rig(replaced(RIG, '"head"', '"room"'), "rig.toml")


@pytest.mark.parametrize(
    "fiducial",
    [
        "region_px = [9, 2, 3, 4]\ndepth_mm = 400.0",
        "region_px = [1, 2, 3, 4]\ndepth_mm = 0.0",
        "region_px = [1, 2, 3, 4]\ndepth_mm = nan",
    ],
)
def test_a_fiducial_outside_any_picture_is_a_calibration_error(fiducial: str) -> None:
    with pytest.raises(CalibrationError, match="fiducial"):
        parse_rig(f"{RIG}[fiducial]\n{fiducial}\n", "rig.toml")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("baseline_mm", "baselin_mm", "unknown key depth.baselin_mm"),
        ('plus_x = "right"', 'plus_z = "right"', "unknown key labels.plus_z"),
        ("bias_mm = [0.0]\n", "", "depth.bias_mm is missing"),
        ('"head"', '"table"', "value of mount"),
        ('camera_serial = "any"', "camera_serial = 123", "value of camera_serial"),
        ('camera_serial = "any"', 'camera_serial = ""', "value of camera_serial"),
        ("schema = 1", "schema = 2", "another schema"),
    ],
)
def test_a_malformed_rig_is_a_configuration_error(old: str, new: str, part: str) -> None:
    with pytest.raises(ConfigurationError, match=part):
        parse_rig(replaced(RIG, old, new), "rig.toml")


@pytest.mark.parametrize(
    ("plus_x", "plus_y"),
    [
        ("right", "right"),
        ("right", "left"),
        ("Right", " LEFT"),
        ("front", "back"),
        ("towards the door", "Towards the door"),
        ("door", "away from door"),
    ],
)
def test_one_word_for_two_directions_is_a_configuration_error(plus_x: str, plus_y: str) -> None:
    text = replaced(RIG, 'plus_x = "right"', f'plus_x = "{plus_x}"')
    with pytest.raises(ConfigurationError, match="one word to two directions"):
        parse_rig(replaced(text, 'plus_y = "back"', f'plus_y = "{plus_y}"'), "rig.toml")


def test_words_that_nobody_knows_are_taken_where_they_differ() -> None:
    text = replaced(RIG, 'plus_x = "right"', 'plus_x = "towards the door"')
    assert parse_rig(text, "rig.toml").labels["plus_x"] == "towards the door"


PLATE = """[fiducial]
region_px = [100, 300, 220, 380]
depth_mm = 305.0
normal = [0.0, 0.6, 0.8]
distance_mm = 290.0
[fiducial.marker]
dictionary = "4x4_1000"
id = 900
side_mm = 20.0
corners_px = [[100.0, 900.0], [190.0, 900.0], [190.0, 990.0], [100.0, 990.0]]
picture_px = [1920, 1080]
"""


def test_a_fiducials_plane_and_marker_are_read_and_written_back() -> None:
    fiducial = parse_rig(RIG + PLATE, "rig.toml").fiducial
    assert fiducial is not None
    assert fiducial.plane == FiducialPlane((0.0, 0.6, 0.8), 290.0)
    assert fiducial.marker is not None
    assert fiducial.marker.corners_px[2] == (190.0, 990.0)
    rig = parse_rig(RIG + PLATE, "rig.toml")
    text = toml_text({"schema": 1, **rig_table(rig)})
    assert parse_rig(text, "again").fiducial == fiducial


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("normal = [0.0, 0.6, 0.8]\n", ""),
        ("distance_mm = 290.0\n", ""),
        ("normal = [0.0, 0.6, 0.8]\ndistance_mm = 290.0\n", ""),
        ("[0.0, 0.6, 0.8]", "[0.0, 0.6, 0.9]"),
        ("[0.0, 0.6, 0.8]", "[0.0, 0.6, -0.8]"),
        ("distance_mm = 290.0", "distance_mm = nan"),
        ("id = 900", "id = 1000"),
        ("[190.0, 990.0]", "[190.0]"),
        ("[190.0, 990.0]", "[190.0, 1090.0]"),
        ("[190.0, 990.0]", "[190.0, nan]"),
        ("side_mm = 20.0", "side_mm = 0.0"),
    ],
)
def test_a_fiducial_that_no_calibration_gives_is_a_calibration_error(old: str, new: str) -> None:
    assert old in PLATE
    with pytest.raises(CalibrationError):
        parse_rig(RIG + PLATE.replace(old, new), "rig.toml")
