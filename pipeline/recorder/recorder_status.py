"""How a recording stands, and what is wrong with where it is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class StorageTrouble(StrEnum):
    """What people and the record are told; the value is the word in the audit log."""

    STOPPED = "stopped"  # nothing is written any more
    DROPPING = "dropping"  # frames had no room
    BEHIND = "behind"  # frames wait
    NEARLY_FULL = "nearly_full"


@dataclass(frozen=True)
class RecorderStatus:
    """How the recording stands.

    Attributes
    ----------
    n_written : int
        Frames in all parts of the recording.
    n_dropped : int
        Frames for which there was no room, and, once nothing is written any more, all that were
        taken and not told as written: taken is then written and dropped, exactly.
    n_parts : int
        Files begun.
    failure : str
        Why nothing is written any more; "" as long as it is.
    troubles : frozenset of StorageTrouble
        As of now.
    free_bytes : int or None
        Of the disk; None where nobody could tell.
    """

    n_written: int = 0
    n_dropped: int = 0
    n_waiting: int = 0
    n_parts: int = 1
    failure: str = ""
    troubles: frozenset[StorageTrouble] = frozenset()
    free_bytes: int | None = None

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "troubles": sorted(self.troubles), "warning": self.warning}

    @property
    def warning(self) -> str:
        """What people should know; "" where there is nothing."""
        if self.failure:
            return f"Not recorded any more: {self.failure}"
        sentences = {
            StorageTrouble.DROPPING: f"The disk is too slow: {self.n_dropped} frames are not "
            "recorded.",
            StorageTrouble.BEHIND: "The disk is slow: the recording is behind.",
            StorageTrouble.NEARLY_FULL: "The disk is nearly full: "
            f"{(self.free_bytes or 0) / 1e9:.1f} GB are left.",
        }
        return " ".join(text for trouble, text in sentences.items() if trouble in self.troubles)
