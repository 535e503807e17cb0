"""The verdict of one frame and its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracking.reasons import Reason

FRAMES_TO_ARM = 10  # consecutive frames inside the arming limits before READY (DESIGN section 6)


class Verdict(StrEnum):
    """READY is shown as GEOMETRY READY; precedence of the rest: FAULT, UNSURE, HOLD."""

    READY = "READY"
    HOLD = "HOLD"
    UNSURE = "UNSURE"
    FAULT = "FAULT"


@dataclass(frozen=True)
class GateDecision:
    """What the kernel decided for one frame.

    `checks_passed`: every check of this frame passed. `arming_passed`: consecutive frames
    that passed, counted up to `FRAMES_TO_ARM`.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    checks_passed: bool
    arming_passed: int

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.READY) != (not self.reasons):
            raise ValueError("READY has no reasons, and every other verdict has at least one")
        is_armed = self.checks_passed and self.arming_passed == FRAMES_TO_ARM
        if self.verdict is Verdict.READY and not is_armed:
            raise ValueError(f"READY needs every check passed in {FRAMES_TO_ARM} frames")
