"""What is said of robot poses and pictures that no rig joins."""

from __future__ import annotations

from tracking.errors import CalibrationError


def mirrored(actual: str) -> CalibrationError:
    """The error of lengths that run backwards, which is what a left-handed frame does."""
    return CalibrationError(
        "The robot's frame is mirrored: its lengths run against the board's.",
        expected="right-handed poses base_from_gripper, whose lengths are 1.00 of the board's",
        actual=actual,
        remedy="The poses look left-handed: correct the sign of an axis where they are written, "
        "and do not mirror the pictures.",
    )


def disagreeing(
    actual: str, expected: str = "poses and pictures that follow one rig"
) -> CalibrationError:
    """The error of wrong pairs, poses the other way round, or another mount."""
    return CalibrationError(
        "The robot's poses and the pictures do not agree.",
        expected=expected,
        actual=actual,
        remedy="Check that each pose belongs to its picture, that poses are base_from_gripper, and "
        "--mount.",
    )
