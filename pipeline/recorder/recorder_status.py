"""How a recording stands, and what is wrong with where it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

UNSAVED: Final = "unsaved"  # no trouble of a recording: what people do is not kept


class StorageTrouble(StrEnum):
    """What people and the record are told; the value is the word in the audit log."""

    STOPPED = "stopped"  # nothing is written any more
    DROPPING = "dropping"  # frames had no room
    BEHIND = "behind"  # frames wait
    NEARLY_FULL = "nearly_full"


@dataclass(frozen=True)
class StorageWarning:
    """One thing that people should know of storage, as the display's words have it.

    Attributes
    ----------
    code : str
        A `StorageTrouble`, or `UNSAVED`.
    n_frames : int
        How many it costs.
    free_gb : float
        What is left.
    detail : str
        What the system said.
    """

    code: str
    n_frames: int = 0
    free_gb: float = 0.0
    detail: str = ""


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
    def warnings(self) -> tuple[StorageWarning, ...]:
        """What people should know."""
        if self.failure:
            return (StorageWarning(StorageTrouble.STOPPED, detail=self.failure),)
        told = (
            StorageWarning(StorageTrouble.DROPPING, n_frames=self.n_dropped),
            StorageWarning(StorageTrouble.BEHIND),
            StorageWarning(StorageTrouble.NEARLY_FULL, free_gb=(self.free_bytes or 0) / 1e9),
        )
        return tuple(each for each in told if each.code in self.troubles)

    @property
    def warning(self) -> str:
        """The same as English sentences, for terminal, log and report; "" where nothing is."""
        return " ".join(_SENTENCES[each.code].format(**asdict(each)) for each in self.warnings)


_SENTENCES: Final[Mapping[str, str]] = {
    StorageTrouble.STOPPED: "Not recorded any more: {detail}",
    StorageTrouble.DROPPING: "The disk is too slow: {n_frames} frames are not recorded.",
    StorageTrouble.BEHIND: "The disk is slow: the recording is behind.",
    StorageTrouble.NEARLY_FULL: "The disk is nearly full: {free_gb:.1f} GB are left.",
}
