"""A frame on its way into the recorder's process."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

from recordings.session.writer import EncodedFrame, encoded
from tracking.frame import LiveNotes, SourceFrame

PROTOCOL = 5  # images travel beside the pickle, not through it


@dataclass(frozen=True, eq=False)
class Handed:
    """The frame, the image file of its colour, and what it was decided by."""

    source_frame: SourceFrame
    color_jpeg: bytes | None
    notes: LiveNotes | None

    @staticmethod
    def of(source_frame: SourceFrame, color_jpeg: bytes | None, notes: LiveNotes | None) -> Handed:
        """Without what the tracker has computed on the frame."""
        plain = replace(source_frame, frame=replace(source_frame.frame))
        return Handed(plain, color_jpeg, notes)

    def encoded(self) -> EncodedFrame:
        """As it is written."""
        return encoded(self.source_frame, self.color_jpeg, self.notes)

    def packed(self) -> tuple[bytes, list[memoryview]]:
        """The pickle, and the buffers beside it."""
        buffers: list[pickle.PickleBuffer] = []
        table = pickle.dumps(self, PROTOCOL, buffer_callback=buffers.append)
        return table, [buffer.raw() for buffer in buffers]


def unpacked(table: bytes, buffers: list[bytearray]) -> Handed:
    """What `packed` packed: from our own session, over an inherited socket, from nobody else."""
    handed = pickle.loads(table, buffers=buffers)  # noqa: S301 - see above
    if not isinstance(handed, Handed):
        raise TypeError(f"a frame is expected, not {type(handed).__name__}")
    return handed
