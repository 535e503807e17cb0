"""The one tree of exceptions: a broken world, told so that a person can act.

Expected per-frame failures are values with a reason code, never exceptions.
"""

from __future__ import annotations

from typing import ClassVar


class TrackerError(Exception):
    """What is wrong, what was expected, what is there, and what to do.

    Parameters
    ----------
    what : str
        One sentence that names the thing and the fault.
    expected, actual, remedy : str
        Empty where the sentence already says it.
    """

    exit_code: ClassVar[int] = 6

    def __init__(
        self, what: str, *, expected: str = "", actual: str = "", remedy: str = ""
    ) -> None:
        self.what = what
        self.expected = expected
        self.actual = actual
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        lines = [self.what]
        for label, text in (
            ("expected", self.expected),
            ("actual", self.actual),
            ("what to do", self.remedy),
        ):
            if text:
                lines.append(f"  {label}: {text}")
        return "\n".join(lines)


class UsageError(TrackerError):
    """The command line asks for something that does not exist or contradicts itself."""

    exit_code = 2


class ConfigurationError(TrackerError):
    """A plan, site, catalogue or model file is missing, malformed or inconsistent."""

    exit_code = 3


class CalibrationError(TrackerError):
    """A rig or camera calibration is invalid or belongs to another device."""

    exit_code = 4


class SourceError(TrackerError):
    """Frames cannot be read: missing, empty, damaged or inconsistent source."""

    exit_code = 5


class FaultError(TrackerError):
    """The system itself is broken."""

    exit_code = 6
