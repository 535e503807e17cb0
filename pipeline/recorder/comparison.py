"""What a replay made of a live session's recording, beside what was decided then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.privacy.names import Colour


@dataclass(frozen=True)
class LiveComparison:
    """Records of a replay beside those of the live session, times and software id left out.

    Attributes
    ----------
    colour : Colour
        What of the colour is recorded; other than "keep", records that are equal prove nothing.
    has_its_plan : bool
        Whether it is replayed with the plan that it was recorded with.
    first_differing : int or None
        Index of the frame.
    n_unrecorded : int
        Frames that were decided live and not recorded, since the session began; a replay cannot
        know what they left behind in the tracker.
    begins_within : bool
        The replay began behind the recording's first frame, without memory of those before.
    n_earlier : int
        Frames that earlier parts of the recording hold, of which this replay knows nothing either.
    """

    n_equal: int = 0
    n_differing: int = 0
    first_differing: int | None = None
    n_unrecorded: int = 0
    n_earlier: int = 0
    colour: Colour = Colour.KEEP
    has_its_plan: bool = True
    begins_within: bool = False

    def sentences(self) -> Iterator[str]:
        """For people."""
        n_frames = self.n_equal + self.n_differing
        told = f"As decided live: {self.n_equal} of {n_frames} frames"
        if self.first_differing is not None:
            told += f"; the first that differs is {self.first_differing}"
        yield f"{told}."
        if self.colour is not Colour.KEEP:
            yield (
                "The session decided on colour that is not recorded: this replay cannot show that "
                "the same is decided on the same, whatever is equal."
            )
        if self.begins_within:
            yield "It was begun within the recording: what hangs on the frames before differs."
        if not self.has_its_plan:
            yield "The plan given is not the recording's own: `sessions info --texts` writes that."
        if self.n_unrecorded:
            yield f"{self.n_unrecorded} frames were decided live and not recorded."
