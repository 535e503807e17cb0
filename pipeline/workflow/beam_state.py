"""What is known of the beam: on or off, since when, and how often it was not READY under it. Pure.

A restart begins with what was told before it: a beam that nobody said to be off may be on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class BeamState:
    """As told until now.

    `since_ns`: stamp of the first frame under the present beam. `n_deviations`: stretches of
    frames under this beam, or the last one, that were not READY. `was_on`: in this session.
    """

    is_on: bool = False
    was_on: bool = False
    told_by: str = ""
    since_ns: int | None = None
    n_deviations: int = 0

    def told(self, person: str, *, is_on: bool) -> BeamState:
        """On or off; the same where that was known."""
        if is_on == self.is_on:
            return self
        if not is_on:
            return replace(self, is_on=False, since_ns=None)
        return BeamState(is_on=True, was_on=True, told_by=person)

    def seen(self, stamp_ns: int) -> BeamState:
        """With the first frame under it."""
        return replace(self, since_ns=stamp_ns)

    def deviated(self) -> BeamState:
        """With one more stretch of frames that were not READY."""
        return replace(self, n_deviations=self.n_deviations + 1)
