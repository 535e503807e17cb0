"""The one protocol behind which every source of frames stands.

Freshness is a named contract, never a habit of an adapter:

`EVERY_FRAME`
    Recordings. `read` hands over every recorded frame once, in order, none dropped,
    however long the caller takes.
`NEWEST_FRAME`
    Live. `read` waits at most `READ_TIMEOUT_MS` for a frame newer than the last one handed
    over and returns the newest; what it skipped is counted in `n_skipped`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Literal, Protocol, runtime_checkable

from tracking.camera import CameraIntrinsics
from tracking.frame import SourceFrame

READ_TIMEOUT_MS = 1000  # about 30 frame periods: longer silence is a dead camera

Origin = Literal["live", "simulated", "foreign"]


class Freshness(Enum):
    """What `Source.read` promises about the frame it returns."""

    EVERY_FRAME = "every frame once, in order, none dropped"
    NEWEST_FRAME = "the newest frame; skipped frames are counted"


CATALOGUE_TEXT = "catalogue.toml"  # the name under which a header carries its catalogue


@dataclass(frozen=True)
class SourceHeader:
    """What is known before the first frame is read.

    Attributes
    ----------
    uri : str
        As the user named it; shown in messages.
    kind : str
        "bop", "mcap", "realsense-file", "realsense-live" or "simulation".
    origin : Origin
        Decides what a missing record means (DESIGN section 5).
    device_name, device_serial : str
        Empty where a source of its kind cannot carry them.
    n_frames : int or None
        None where unknown beforehand.
    frame_rate_hz : float
        Nominal.
    recorded_at : str
        ISO 8601 wall clock of the recording, "" where the file carries none.
    embedded : tuple of (name, text)
        Rig, plan and the like stored in the recording.
    """

    uri: str
    kind: str
    origin: Origin
    intrinsics: CameraIntrinsics
    depth_unit_mm: float
    device_name: str = ""
    device_serial: str = ""
    n_frames: int | None = None
    frame_rate_hz: float = 30.0
    recorded_at: str = ""
    embedded: tuple[tuple[str, str], ...] = ()

    def carrying(self, name: str, text: str) -> SourceHeader:
        """The header with one text more, in place of one of that name."""
        others = tuple(one for one in self.embedded if one[0] != name)
        return replace(self, embedded=(*others, (name, text)))

    @property
    def recorded_moment(self) -> datetime | None:
        """`recorded_at` as a moment; None where it is none, or names no time zone."""
        try:
            moment = datetime.fromisoformat(self.recorded_at)
        except ValueError:
            return None
        return None if moment.tzinfo is None else moment


class Source(Protocol):
    """A stream of RGB-D frames. Opening it validates the header or raises SourceError."""

    @property
    def header(self) -> SourceHeader:
        """What is known before the first frame."""
        ...

    @property
    def freshness(self) -> Freshness:
        """What `read` promises."""
        ...

    @property
    def n_skipped(self) -> int:
        """Frames that a NEWEST_FRAME source passed over so far; 0 for EVERY_FRAME."""
        ...

    @property
    def damage(self) -> str | None:
        """After `read` returned None: why the source ended early, None if it ended whole."""
        ...

    def read(self) -> SourceFrame | None:
        """Return the next frame, None at the end; raise SourceError if it is broken beyond use."""
        ...

    def close(self) -> None:
        """Release the device or file; safe to call twice."""
        ...


@runtime_checkable
class Thermometer(Protocol):
    """A source that can tell its camera's temperature, which most cannot."""

    @property
    def temperature_c(self) -> float | None:
        """Of the depth chip, now; None where it is not told."""
        ...


def source_temperature_c(source: Source) -> float | None:
    """The camera's temperature where the source tells it."""
    return source.temperature_c if isinstance(source, Thermometer) else None
