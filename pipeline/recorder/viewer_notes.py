"""What viewers show of a live session beside its pictures: the cone's place, and the verdicts.

Both stand in the frame's record too, which alone is read back: no replay knows these messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from recordings.session import schema
from recordings.session.foxglove import LEVELS, log_message, transform_message
from recordings.session.writer import EncodedFrame

Told = tuple[str, tuple[str, ...]]
"""A verdict and its reasons."""


@dataclass(eq=False)
class ViewerNotes:
    """Remembers the last verdict: a log has a line where it changes, and where a part begins."""

    _told: Told | None = field(default=None, init=False)

    def added(self, frame: EncodedFrame) -> EncodedFrame:
        """The frame with the messages that its record gives; without a record as it is."""
        record = dict(frame.parts).get(schema.RECORD_TOPIC)
        if record is None:
            return frame
        return replace(frame, parts=(*frame.parts, *self._messages(json.loads(record), frame)))

    def begun(self, frame: EncodedFrame) -> EncodedFrame:
        """The first frame of a part, with the verdict that stands."""
        topics = dict(frame.parts)
        if self._told is None or schema.LOG_TOPIC in topics:
            return frame
        log = (schema.LOG_TOPIC, log_message(*self._told, frame.record.stamp_ns))
        return replace(frame, parts=(*frame.parts, log))

    def _messages(
        self, record: dict[str, object], frame: EncodedFrame
    ) -> Iterator[tuple[str, bytes]]:
        stamp_ns = frame.record.stamp_ns
        registration, reasons = record.get("registration"), record.get("reasons")
        pose = (
            registration.get("camera_from_applicator") if isinstance(registration, dict) else None
        )
        if pose is not None:
            place = np.array(pose, dtype=np.float64)
            yield schema.TRANSFORM_TOPIC, transform_message(place, stamp_ns)
        verdict = str(record.get("verdict"))
        told = (verdict, tuple(reasons) if isinstance(reasons, list) else ())
        if verdict in LEVELS and told != self._told:
            self._told = told
            yield schema.LOG_TOPIC, log_message(*told, stamp_ns)
