"""Reference of what a relay's own watchdog must do: it closes on a live toggle and on nothing else.

A relay that does less than this model must not be connected. The model is used by tests and by
`bench supervisor`; it drives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.supervisor.relay_frames import TOGGLE

MAX_SILENCE_NS = 60_000_000  # two toggles may be late, a third opens
MIN_SPACING_NS = 5_000_000  # toggles that waited in some buffer come at once, and are old
MAX_WITHIN_FRAME_NS = 10_000_000
N_TO_CLOSE = 4


@dataclass
class RelayModel:
    """Takes bytes with their time of arrival, in order."""

    _first_byte: tuple[bytes, int] | None = None
    _last_frame: bytes = b""
    _last_ns: int = field(default=-MAX_SILENCE_NS)
    _n_good: int = 0

    def feed(self, data: bytes, now_ns: int) -> None:
        """Take the bytes that arrived at `now_ns`."""
        for value in data:
            self._take(bytes([value]), now_ns)

    def is_closed(self, now_ns: int) -> bool:
        """Whether the contact is closed at `now_ns`."""
        return self._last_ns <= now_ns <= self.closed_until_ns

    @property
    def closed_until_ns(self) -> int:
        """When the contact opens unless more comes; 0: it is open."""
        return self._last_ns + MAX_SILENCE_NS if self._n_good >= N_TO_CLOSE else 0

    def _take(self, byte: bytes, now_ns: int) -> None:
        if self._first_byte is None:
            self._first_byte = (byte, now_ns)
            return
        (first, first_ns), self._first_byte = self._first_byte, None
        frame, spacing_ns = first + byte, now_ns - self._last_ns
        if frame not in TOGGLE:
            self._n_good = 0
            self._first_byte = (byte, now_ns)  # a byte was lost or added: find the frames again
            return
        is_good = (
            frame != self._last_frame
            and now_ns - first_ns <= MAX_WITHIN_FRAME_NS
            and MIN_SPACING_NS <= spacing_ns <= MAX_SILENCE_NS
        )
        self._n_good = self._n_good + 1 if is_good else 0
        self._last_frame, self._last_ns = frame, now_ns
