"""Write a session file so that a crash costs at most the chunk that is open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.Log_pb2 import Log
from google.protobuf.message import Message
from mcap.writer import CompressionType, Writer

from recordings.images import encode_depth, encode_jpeg, encode_png
from recordings.session import schema
from recordings.session.convert import header_record
from recordings.session.foxglove import calibration_message, descriptor_set, image_message
from recordings.session.intrinsics_record import IntrinsicsRecord
from recordings.session.notes import MOST_BYTES
from recordings.session.part_end import END_NAME, end_record
from recordings.session.picture_record import PictureRecord
from recordings.session.sealed_text import sealed
from recordings.source import SourceHeader
from recordings.truth_record import TruthRecord
from tracking.errors import UsageError
from tracking.frame import LiveNotes, SourceFrame

CHUNK_BYTES = 256 * 1024  # a crash costs at most this much: 2 frames at 848x480, 9 at 424x240
# Upper bounds of what a file holds beside its messages, for `size_with`.
END_BYTES = 64 * 1024  # schemas and channels, which the summary repeats, and its statistics
MESSAGE_BYTES = 64  # of framing (31), and of the index behind a chunk (16 and 15 a channel)
INDEX_BYTES = 256  # of a chunk in the summary, and of its head and framing: 221 for 10 channels


@dataclass(frozen=True)
class EncodedFrame:
    """A frame's record, and its parts as (topic, message) in the order of the file."""

    record: schema.FrameHeadRecord
    parts: tuple[tuple[str, bytes], ...]


class SessionWriter:
    """Writes frames straight to `path`; a file cut short is readable to its last whole frame.

    Leaving the context finishes the file even after an error: the frames written so far are
    a whole session. The same frames give the same bytes.

    Parameters
    ----------
    path : Path
        Must not exist: recordings are never overwritten.
    header : SourceHeader
        Origin, device, intrinsics and embedded texts are kept; uri, kind and n_frames are not.
    each_frame : bool
        Every frame ends its chunk: a crash costs the frame that is being written.

    Raises
    ------
    UsageError
        The file exists or its folder cannot be written.
    """

    def __init__(self, path: Path, header: SourceHeader, *, each_frame: bool = False) -> None:
        text = header_record(header).model_dump_json()
        if len(text) > schema.MAX_HEADER_CHARS:
            raise UsageError(
                f"the texts that belong to the session {path} are too long",
                expected=f"at most {schema.MAX_HEADER_CHARS} characters in all",
                actual=str(len(text)),
                remedy="shorten catalogue, plan or rig",
            )
        try:
            self._stream = path.open("xb")
        except OSError as error:
            raise UsageError(
                f"cannot create the session file {path}",
                actual=error.strerror or str(error),
                remedy="name a new file in a folder that can be written",
            ) from error
        self._writer = Writer(
            self._stream,
            chunk_size=CHUNK_BYTES,
            compression=CompressionType.NONE,  # every payload is compressed already
            enable_data_crcs=True,
        )
        self._n_frames, self._each_frame = 0, each_frame
        self._is_open = True
        self._writer.start(profile=schema.PROFILE, library="")
        self._writer.add_metadata(schema.HEADER_NAME, sealed(text))
        self._register()
        self._calibration: bytes | None = calibration_message(header.intrinsics)

    @property
    def n_frames(self) -> int:
        """Frames written so far."""
        return self._n_frames

    def size_with(self, frame: EncodedFrame) -> int:
        """No less than the file's size would be if it were finished behind this frame, in bytes."""
        done = self._stream.tell() + CHUNK_BYTES  # what is written, and the open chunk
        sizes = [len(data) for _, data in frame.parts]
        record = len(frame.record.model_dump_json())
        own = sum(sizes) + record + (len(sizes) + 1) * MESSAGE_BYTES
        n_chunks = (done + own) // CHUNK_BYTES + 1 + self._n_frames + 1
        return done + own + n_chunks * INDEX_BYTES + END_BYTES

    def write(self, source_frame: SourceFrame) -> None:
        """Append one frame with its labels, truth and picture."""
        self.write_encoded(encoded(source_frame))

    def write_encoded(self, frame: EncodedFrame) -> None:
        """Append one frame as it is encoded; its position becomes the next one here.

        Raises
        ------
        UsageError
            It has more than a reader takes; nothing of it is written.
        """
        _check_sizes(frame.parts)
        stamp_ns = frame.record.stamp_ns
        self._add_calibration(stamp_ns)
        for topic, data in frame.parts:
            self._add(topic, data, stamp_ns)
        record = frame.record.model_copy(update={"position": self._n_frames})
        self._add(schema.FRAME_TOPIC, record.model_dump_json().encode(), stamp_ns)
        self._n_frames += 1
        if self._each_frame:
            self._writer.flush()  # type: ignore[no-untyped-call]
        else:
            self._stream.flush()  # a killed process loses the open chunk and nothing more

    def close(self, *, goes_on: bool | None = False) -> None:
        """Write the summary and close the file; safe to call twice.

        `goes_on`: whether another part follows; None where nobody knows.
        """
        if self._is_open:
            self._is_open = False
            try:
                self._add_calibration(0)
                if goes_on is not None:
                    self._writer.flush()  # type: ignore[no-untyped-call]  # behind the last chunk
                    self._writer.add_metadata(END_NAME, end_record(goes_on=goes_on))
                self._writer.finish()  # type: ignore[no-untyped-call]
            finally:
                self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _register(self) -> None:
        def protobuf(message: type[Message]) -> int:
            name: str = message.DESCRIPTOR.full_name
            return int(self._writer.register_schema(name, "protobuf", descriptor_set(message)))

        image = protobuf(CompressedImage)
        calibration = protobuf(CameraCalibration)
        record = self._writer.register_schema("frame_head", "jsonschema", b'{"type":"object"}')
        kinds = {
            schema.CALIBRATION_TOPIC: ("protobuf", calibration),
            schema.TRANSFORM_TOPIC: ("protobuf", protobuf(FrameTransform)),
            schema.LOG_TOPIC: ("protobuf", protobuf(Log)),
            **dict.fromkeys(schema.JSON_TOPICS, ("json", record)),
        }
        self._channels = {
            topic: self._writer.register_channel(topic, *kinds.get(topic, ("protobuf", image)))
            for topic in schema.TOPICS
        }

    def _add_calibration(self, stamp_ns: int) -> None:
        """Once, at the first frame's time: a viewer's time line begins where the session does."""
        if self._calibration is not None:
            self._add(schema.CALIBRATION_TOPIC, self._calibration, stamp_ns)
            self._calibration = None

    def _add(self, topic: str, data: bytes, stamp_ns: int) -> None:
        self._writer.add_message(
            self._channels[topic],
            log_time=stamp_ns,
            data=data,
            publish_time=stamp_ns,
            sequence=self._n_frames,
        )


def encoded(
    source_frame: SourceFrame,
    color_jpeg: bytes | None = None,
    notes: LiveNotes | None = None,
) -> EncodedFrame:
    """Encode a frame with its labels, truth and picture, at position 0.

    Parameters
    ----------
    color_jpeg : bytes, optional
        What the frame's colour was decoded from: kept as it is.
    notes : LiveNotes, optional
        Of a live session. A frame's own, from another recording, are not taken over.
    """
    frame, labels, truth = source_frame.frame, source_frame.labels, source_frame.truth
    color = color_jpeg
    if frame.color_rgb is None:
        color = None
    elif color is None:
        color = encode_jpeg(frame.color_rgb)
    encoded_labels = None if labels is None else encode_png(labels)
    picture_record, picture = None, None
    if source_frame.picture is not None:
        picture_record, picture = PictureRecord.of(source_frame.picture)
    record = schema.FrameHeadRecord(
        position=0,
        frame_index=frame.frame_index,
        stamp_ns=frame.stamp_ns,
        arrival_ns=frame.arrival_ns,
        device_serial=frame.device_serial,
        intrinsics=IntrinsicsRecord.of(frame.intrinsics),
        depth_unit_mm=frame.depth_unit_mm,
        depth_sha256=frame.depth_sha256,
        color_sha256=_sha256(color),
        labels_sha256=_sha256(encoded_labels),
        labels_tell_bed=source_frame.labels_tell_bed,
        truth=None if truth is None else TruthRecord.of(truth),
        picture=picture_record,
    )
    parts = (
        (schema.DEPTH_TOPIC, schema.DEPTH_FORMAT, encode_depth(frame.depth_raw)),
        (schema.COLOR_TOPIC, schema.COLOR_FORMAT, color),
        (schema.LABELS_TOPIC, schema.LABELS_FORMAT, encoded_labels),
        (schema.PICTURE_TOPIC, schema.PICTURE_FORMAT, picture),
    )
    messages = tuple(
        (topic, image_message(payload, image_format, frame.stamp_ns))
        for topic, image_format, payload in parts
        if payload is not None
    )
    if notes is not None:
        told = ((schema.AROUND_TOPIC, notes.around), (schema.RECORD_TOPIC, notes.record))
        messages += tuple((topic, text.encode()) for topic, text in told)
    return EncodedFrame(record, messages)


def _check_sizes(parts: Sequence[tuple[str, bytes]]) -> None:
    """UsageError for what no reader would take: rather no recording than one that ends there."""
    sizes = [
        (topic, len(data), MOST_BYTES.get(topic, schema.MAX_PART_BYTES)) for topic, data in parts
    ]
    sizes.append(("a frame's parts", sum(len(data) for _, data in parts), schema.MAX_PARTS_BYTES))
    for what, n_bytes, most in sizes:
        if n_bytes > most:
            raise UsageError(
                f"{what}: too much to be recorded with one frame",
                expected=f"at most {most} bytes",
                actual=str(n_bytes),
                remedy="mark fewer areas in the plan, or record smaller pictures",
            )


def _sha256(payload: bytes | None) -> str | None:
    return None if payload is None else hashlib.sha256(payload).hexdigest()
