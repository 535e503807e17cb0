"""Read a session file: every whole frame, and why it ended where it ended early.

A frame from a chunk that was cut has no CRC to prove its record. Its images still have their
hashes; its camera, unit and device must be the header's, its stamp that of its messages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from google.protobuf.message import DecodeError
from pydantic import BaseModel, ValidationError

from recordings.images import decode_depth, decode_jpeg, decode_png
from recordings.naming import file_name
from recordings.session import schema
from recordings.session.chunks import DamagedError, one_more
from recordings.session.convert import source_header
from recordings.session.foxglove import image_payload
from recordings.session.messages import MessageReader, TopicMessage
from recordings.session.notes import note_text
from recordings.session.part_end import END_NAME, told_end
from recordings.session.sealed_text import unsealed
from recordings.source import Freshness, SourceHeader
from tracking.errors import SourceError
from tracking.frame import LiveNotes, RgbdFrame, SourceFrame
from tracking.toml_refusal import explain

MAX_PARTS = 64  # of a frame: it has seven at most
NO_HEADER_REMEDY = "the file cannot be used; record again or take another copy"


class SessionSource:
    """A recorded session, read front to back; stops at the first damage.

    Parameters
    ----------
    path : Path
        Of the file; with a `stream`, only its name.
    stream : BinaryIO, optional
        The session's bytes, seekable; closed with the source.

    Raises
    ------
    SourceError
        Missing, no session, without a readable header, or of another schema version.
    """

    def __init__(self, path: Path, stream: BinaryIO | None = None) -> None:
        self._path = path
        try:
            self._stream: BinaryIO = path.open("rb") if stream is None else stream
        except OSError as error:
            raise SourceError(
                f"cannot open the session {path}", actual=error.strerror or str(error)
            ) from error
        try:
            self._reader = MessageReader(self._stream)
            record = _header(self._reader.metadata(schema.HEADER_NAME), path)
            count = self._reader.message_count(schema.FRAME_TOPIC)
            self._header = source_header(record, str(path), count)
            self._goes_on = told_end(self._reader.last_metadata(END_NAME))
        except (DamagedError, ValueError) as error:
            self._stream.close()
            raise SourceError(
                f"{path} has no readable session header",
                actual=str(error),
                remedy=NO_HEADER_REMEDY,
            ) from error
        except BaseException:
            self._stream.close()
            raise
        self._damage: str | None = None
        self._frames = self._read_frames()

    @property
    def header(self) -> SourceHeader:
        """Read from the file's first record."""
        return self._header

    @property
    def freshness(self) -> Freshness:
        """Recordings hand over every frame."""
        return Freshness.EVERY_FRAME

    @property
    def n_skipped(self) -> int:
        """Recordings skip nothing."""
        return 0

    @property
    def goes_on(self) -> bool | None:
        """Whether the recording goes on in another file; None where the file's end says nothing."""
        return self._goes_on

    @property
    def damage(self) -> str | None:
        """Why the file ended early."""
        return self._damage

    def read(self) -> SourceFrame | None:
        """Return the next whole frame, None at the end or at the first damage."""
        return next(self._frames, None)

    def seek(self, position: int) -> None:
        """Let the next `read` return the frame at `position`, counted from 0; back too.

        Where damage lies before it, `read` returns None, and `damage` says why.
        """
        self._damage = None
        self._frames = self._read_frames(position)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._stream.close()

    def _read_frames(self, sought: int | None = None) -> Iterator[SourceFrame]:
        start = sought or 0
        n_frames, n_parts = start, 0
        parts: dict[str, bytes] = {}
        try:
            if sought is not None:
                self._reader.seek(sought)
            for message in self._reader.messages():
                if message.sequence < start:
                    continue  # of the chunk in which the first frame begins
                if message.topic in schema.PART_TOPICS:
                    parts[message.topic] = message.data
                    _check_size(parts)
                if message.topic != schema.FRAME_TOPIC:
                    n_parts = one_more(n_parts, MAX_PARTS, "messages in a row belong to no frame")
                    continue
                frame = assembled(message, parts, n_frames, self._header)
                parts, n_parts = {}, 0
                n_frames += 1
                yield frame
            announced = self._header.n_frames
            if announced is not None and n_frames != max(announced, start):
                self._damage = self._ended(start, n_frames, "its summary counts more or fewer")
        except DamagedError as error:
            self._damage = self._ended(start, n_frames, str(error))

    def _ended(self, start: int, n_frames: int, reason: str) -> str:
        """Why it ended early; of the frames before `start`, which were not read, nothing is said.

        Parameters
        ----------
        n_frames : int
            Position behind the last frame that was read; `start` if there was none.
        """
        if start == 0:
            told = f"ends after {n_frames} whole frames"
        elif n_frames > start:
            told = f"ends behind position {n_frames - 1}"
        else:
            told = f"holds no whole frame from position {start} on"
        return f"{file_name(self._path)} {told}: {reason}"


def _header(metadata: dict[str, str], path: Path) -> schema.HeaderRecord:
    text = unsealed(metadata, "header", schema.MAX_HEADER_CHARS)
    version = _Version.model_validate_json(text).schema_version
    if version != schema.SCHEMA_VERSION:
        raise SourceError(
            f"{path} is a session of an unknown schema version",
            expected=str(schema.SCHEMA_VERSION),
            actual=str(version),
            remedy="read it with the software version that wrote it",
        )
    try:
        return schema.HeaderRecord.model_validate_json(text)
    except ValidationError as error:
        found = explain(error, schema.HeaderRecord, "header")
        raise SourceError(
            f"{path} has no readable session header",
            expected=found.expected,
            actual=f"{found.what} {found.actual}",
            remedy=NO_HEADER_REMEDY,
        ) from error


class _Version(BaseModel):
    """What every version of the header has."""

    schema_version: object = None


def assembled(
    message: TopicMessage, parts: dict[str, bytes], position: int, header: SourceHeader
) -> SourceFrame:
    """The frame of a record and its parts; DamagedError unless all of it is proven."""
    try:
        _check_size(parts)
        if len(message.data) > schema.MAX_FRAME_BYTES:
            raise DamagedError(f"the record of frame {position} has {len(message.data)} bytes")
        record = schema.FrameHeadRecord.model_validate_json(message.data)
        if record.position != position:
            raise DamagedError(f"frame {record.position} follows where {position} is due")
        frame = _assemble(record, parts)
    except (ValidationError, ValueError, DecodeError) as error:
        raise DamagedError(f"frame at position {position} is damaged ({error})") from error
    if not message.is_proven:
        _check_unproven(frame.frame, header, message)
        return frame
    return _with_notes(frame, parts)


def _check_size(parts: dict[str, bytes]) -> None:
    n_bytes = sum(map(len, parts.values()))
    if n_bytes > schema.MAX_PARTS_BYTES:
        raise DamagedError(
            f"the parts of a frame have {n_bytes} bytes, at most {schema.MAX_PARTS_BYTES} allowed"
        )


def _with_notes(frame: SourceFrame, parts: dict[str, bytes]) -> SourceFrame:
    """What the chunk's checksum alone proves; of half of it nothing is believed."""
    around, record = parts.get(schema.AROUND_TOPIC), parts.get(schema.RECORD_TOPIC)
    if around is None or record is None:
        return frame
    notes = LiveNotes(
        note_text(schema.AROUND_TOPIC, around), note_text(schema.RECORD_TOPIC, record)
    )
    return replace(frame, live=notes)


def _check_unproven(frame: RgbdFrame, header: SourceHeader, message: TopicMessage) -> None:
    stands_twice = (
        (frame.intrinsics, header.intrinsics),
        (frame.depth_unit_mm, header.depth_unit_mm),
        (frame.device_serial, header.device_serial),
        (frame.stamp_ns, message.log_time_ns),
    )
    if any(here != there for here, there in stands_twice):
        raise DamagedError("the record of a frame in its cut chunk does not match the header")


def _assemble(record: schema.FrameHeadRecord, parts: dict[str, bytes]) -> SourceFrame:
    intrinsics = record.intrinsics.camera()
    depth = _part(parts, schema.DEPTH_TOPIC, schema.DEPTH_FORMAT)
    color = labels = picture = None
    if record.color_sha256 is not None:
        payload = _part(parts, schema.COLOR_TOPIC, schema.COLOR_FORMAT)
        _check_hash("colour", hashlib.sha256(payload).hexdigest(), record.color_sha256)
        color = decode_jpeg(payload, intrinsics.shape)
    if record.labels_sha256 is not None:
        payload = _part(parts, schema.LABELS_TOPIC, schema.LABELS_FORMAT)
        _check_hash("labels", hashlib.sha256(payload).hexdigest(), record.labels_sha256)
        labels = decode_png(payload, intrinsics.shape, np.uint8)
    if record.picture is not None:
        payload = _part(parts, schema.PICTURE_TOPIC, schema.PICTURE_FORMAT)
        picture = record.picture.picture(payload)
    frame = RgbdFrame(
        frame_index=record.frame_index,
        device_serial=record.device_serial,
        stamp_ns=record.stamp_ns,
        arrival_ns=record.arrival_ns,
        intrinsics=intrinsics,
        depth_raw=decode_depth(depth, intrinsics.shape),
        depth_unit_mm=record.depth_unit_mm,
        color_rgb=color,
    )
    _check_hash("depth", frame.depth_sha256, record.depth_sha256)
    return SourceFrame(
        frame=frame,
        labels=labels,
        labels_tell_bed=record.labels_tell_bed,
        truth=None if record.truth is None else record.truth.ground_truth(),
        picture=picture,
    )


def _part(parts: dict[str, bytes], topic: str, image_format: str) -> bytes:
    if topic not in parts:
        raise DamagedError(f"a frame lacks its part {topic}")
    return image_payload(parts[topic], image_format)


def _check_hash(what: str, actual: str, expected: str) -> None:
    if actual != expected:
        raise DamagedError(f"the hash of a frame's {what} does not match")
