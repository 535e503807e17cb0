"""What a session file holds: its version, its topics and the two JSON records.

A file starts with one `Metadata` record (`HEADER_NAME`) outside all chunks, then one
camera calibration, then for each frame depth, colour and labels followed by the frame's
record. The record comes last: a frame is whole when its record has arrived.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from recordings.source import Origin
from recordings.truth_record import TruthRecord
from tracking.camera import CameraIntrinsics

SCHEMA_VERSION = 1
PROFILE = "applicator-tracking-session"
HEADER_NAME = "session_header"

CALIBRATION_TOPIC = "/camera/calibration"
DEPTH_TOPIC = "/camera/depth"
COLOR_TOPIC = "/camera/color"
LABELS_TOPIC = "/camera/labels"
FRAME_TOPIC = "/frame"

DEPTH_FORMAT = "jxl"
COLOR_FORMAT = "jpeg"
LABELS_FORMAT = "png"

MAX_SIDE_PX = 4096  # larger images exist in no supported camera: bounds every allocation

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Side = Annotated[int, Field(gt=0, le=MAX_SIDE_PX)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0, lt=2**63)]  # MCAP's stamps are unsigned


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class IntrinsicsRecord(_Record):
    """`CameraIntrinsics` as JSON."""

    width: Side
    height: Side
    fx: Positive
    fy: Positive
    cx: float
    cy: float

    @staticmethod
    def of(intrinsics: CameraIntrinsics) -> IntrinsicsRecord:
        """Take the values of a camera."""
        return IntrinsicsRecord(
            width=intrinsics.width,
            height=intrinsics.height,
            fx=intrinsics.fx,
            fy=intrinsics.fy,
            cx=intrinsics.cx,
            cy=intrinsics.cy,
        )

    def camera(self) -> CameraIntrinsics:
        """Return the camera; ValueError where its principal point lies outside the image."""
        return CameraIntrinsics(**self.model_dump())


class HeaderRecord(_Record):
    """What is known before the first frame."""

    schema_version: int
    origin: Origin
    intrinsics: IntrinsicsRecord
    depth_unit_mm: Positive
    device_name: str
    device_serial: str
    frame_rate_hz: Positive
    recorded_at: str
    embedded: tuple[tuple[str, str], ...]


class FrameHeadRecord(_Record):
    """The record that closes a frame.

    `position` counts the frames of the file from 0: a gap is a lost chunk. The hashes are of
    the raw depth's bytes and of the encoded colour and labels; None where there is none.
    """

    position: NotNegative
    frame_index: int
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
