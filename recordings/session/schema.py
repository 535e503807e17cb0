"""What a session file holds: its version, its topics and the two JSON records.

A file starts with one `Metadata` record (`HEADER_NAME`) outside all chunks, then one
camera calibration, then for each frame depth, colour and labels followed by the frame's
record. The record comes last: a frame is whole when its record has arrived.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from recordings.session.intrinsics_record import (
    IntrinsicsRecord,
    NotNegative,
    Positive,
    Sha256,
    StrictRecord,
)
from recordings.session.picture_record import PictureRecord
from recordings.source import Origin
from recordings.truth_record import TruthRecord

SCHEMA_VERSION = 1
PROFILE = "applicator-tracking-session"
HEADER_NAME = "session_header"

CALIBRATION_TOPIC = "/camera/calibration"
DEPTH_TOPIC = "/camera/depth"
COLOR_TOPIC = "/camera/color"
LABELS_TOPIC = "/camera/labels"
PICTURE_TOPIC = "/camera/picture"
FRAME_TOPIC = "/frame"
AROUND_TOPIC = "/session/around"
RECORD_TOPIC = "/session/record"
TRANSFORM_TOPIC = "/tf"
LOG_TOPIC = "/verdict"
TOPICS = (  # in the order of their channels, from 1
    CALIBRATION_TOPIC,
    DEPTH_TOPIC,
    COLOR_TOPIC,
    LABELS_TOPIC,
    PICTURE_TOPIC,
    FRAME_TOPIC,
    AROUND_TOPIC,
    RECORD_TOPIC,
    TRANSFORM_TOPIC,
    LOG_TOPIC,
)
JSON_TOPICS = frozenset({FRAME_TOPIC, AROUND_TOPIC, RECORD_TOPIC})
PART_TOPICS = frozenset(TOPICS) - {CALIBRATION_TOPIC, FRAME_TOPIC}

DEPTH_FORMAT = "jxl"
COLOR_FORMAT = "jpeg"
LABELS_FORMAT = "png"
PICTURE_FORMAT = "jpeg"


# Never a path: nobody who writes it out can be led elsewhere.
TextName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$")]


FrameNumber = Annotated[int, Field(ge=-(2**63), lt=2**63)]
FrameRate = Annotated[float, Field(ge=1e-3, le=1e5)]
MAX_HEADER_CHARS = 1024 * 1024  # a live session's has some 60,000
MAX_EMBEDDED = 1000  # texts: a session has ten
MAX_FRAME_BYTES = 256 * 1024  # of a frame's record, which takes some 3 KiB
# Of one part: 6 million pixels of 16 bits, of which the encoding gains nothing, have 12 MB.
MAX_PART_BYTES = 14 * 1024 * 1024
MAX_PARTS_BYTES = 16 * 1024 * 1024  # of all parts of a frame: at 1280x720 some 3 MB
MAX_DECISION_BYTES = 256 * 1024  # of what was decided with a frame: some 6 KiB
MAX_AROUND_BYTES = 10 * 1024 * 1024  # some 500 bytes, and 0.5 MB for each area of a revision


class HeaderRecord(StrictRecord):
    """What is known before the first frame."""

    schema_version: int
    origin: Origin
    intrinsics: IntrinsicsRecord
    depth_unit_mm: Positive
    device_name: str
    device_serial: str
    frame_rate_hz: FrameRate
    recorded_at: str
    embedded: Annotated[tuple[tuple[TextName, str], ...], Field(max_length=MAX_EMBEDDED)]


class FrameHeadRecord(StrictRecord):
    """The record that closes a frame.

    `position` counts the frames of the file from 0: a gap is a lost chunk. The hashes are of
    the raw depth's bytes and of the encoded colour and labels; None where there is none.
    `picture` belongs to the colour camera's own picture; older sessions have none.
    """

    position: NotNegative
    frame_index: FrameNumber
    stamp_ns: NotNegative
    arrival_ns: NotNegative
    device_serial: str
    intrinsics: IntrinsicsRecord
    depth_unit_mm: Positive
    depth_sha256: Sha256
    color_sha256: Sha256 | None
    labels_sha256: Sha256 | None
    labels_tell_bed: bool
    truth: TruthRecord | None
    picture: PictureRecord | None = None
