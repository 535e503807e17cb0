"""What the stored QA proves to the kernel at one moment. Pure: the clock is handed in.

Fails to: missing. `FAILED` only where a run of this camera failed, or it is locked.
"""

from __future__ import annotations

from dataclasses import dataclass

from calibration.qa.standing import QaState, Standing
from tracking.snapshot import Evidence

MAX_LOOK_AGE_NS = 30 * 10**9  # an answer of the store that is older says nothing of now


@dataclass(frozen=True)
class Look:
    """One look at the store: what it said, and when by the session's clock."""

    standing: Standing | None
    at_ns: int


@dataclass(frozen=True)
class QaProof:
    """The last look, and the latest moment that any frame was judged at.

    A clock that stands before either of them has gone back: nothing is proven at such a time.
    """

    look: Look | None = None
    latest_ns: int = 0

    def evidence(self, now_ns: int) -> Evidence:
        """Evidence of the daily QA at `now_ns`, UTC ns."""
        if self.look is None or self.look.standing is None:
            return Evidence.MISSING
        standing = self.look.standing
        if standing.state in (QaState.FAILED, QaState.LOCKED):
            return Evidence.FAILED
        is_recent = 0 <= now_ns - self.look.at_ns <= MAX_LOOK_AGE_NS
        is_forward = now_ns >= self.latest_ns
        return (
            Evidence.PROVEN
            if is_recent and is_forward and standing.holds(now_ns)
            else (Evidence.MISSING)
        )
