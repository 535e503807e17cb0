"""A session as an MCAP file that Foxglove-compatible viewers show without any code of ours.

Depth as 16-bit PNG in mm (JPEG-XL is shown by no viewer), colour as JPEG, labels as PNG, the
camera's calibration, the cone's place as a transform, and the verdict as a log.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.Log_pb2 import Log
from google.protobuf.message import Message
from mcap.writer import CompressionType, Writer

from recordings.images import encode_jpeg, encode_png
from recordings.session import schema
from recordings.session.foxglove import (
    calibration_message,
    descriptor_set,
    image_message,
    log_message,
    transform_message,
)
from tracking.arrays import Float
from tracking.errors import UsageError
from tracking.frame import SourceFrame

TOPICS: dict[str, type[Message]] = {
    schema.CALIBRATION_TOPIC: CameraCalibration,
    schema.DEPTH_TOPIC: CompressedImage,
    schema.COLOR_TOPIC: CompressedImage,
    schema.LABELS_TOPIC: CompressedImage,
    schema.TRANSFORM_TOPIC: FrameTransform,
    schema.LOG_TOPIC: Log,
}
MAX_DEPTH_MM = 65535


class ViewerFile:
    """Write one. Raises UsageError where the file exists or cannot be created."""

    def __init__(self, path: Path) -> None:
        try:
            self._stream = path.open("xb")
        except OSError as error:
            raise UsageError(
                f"--viewer: {path} cannot be created.",
                actual=error.strerror or str(error),
                remedy="Name a new file in a folder that can be written.",
            ) from error
        self._writer = Writer(self._stream, compression=CompressionType.NONE)
        self._writer.start(profile="", library="")
        self._channels = {}
        for topic, message in TOPICS.items():
            name: str = message.DESCRIPTOR.full_name
            kind = self._writer.register_schema(name, "protobuf", descriptor_set(message))
            self._channels[topic] = self._writer.register_channel(topic, "protobuf", kind)
        self._has_calibration, self._is_open = False, True
        self._verdict = ""

    def write(
        self,
        source_frame: SourceFrame,
        camera_from_applicator: Float | None = None,
        verdict: str = "",
        reasons: Sequence[str] = (),
    ) -> None:
        """Append one frame; without results there is neither transform nor log."""
        frame, at = source_frame.frame, source_frame.frame.stamp_ns
        if not self._has_calibration:
            self._has_calibration = True
            self._add(schema.CALIBRATION_TOPIC, calibration_message(frame.intrinsics), at)
        depth = np.minimum(np.round(frame.depth_mm), MAX_DEPTH_MM).astype(np.uint16)
        self._add(schema.DEPTH_TOPIC, image_message(encode_png(depth), "png", at), at)
        if frame.color_rgb is not None:
            self._add(
                schema.COLOR_TOPIC, image_message(encode_jpeg(frame.color_rgb), "jpeg", at), at
            )
        if source_frame.labels is not None:
            labels = encode_png(source_frame.labels)
            self._add(schema.LABELS_TOPIC, image_message(labels, "png", at), at)
        if camera_from_applicator is not None:
            self._add(schema.TRANSFORM_TOPIC, transform_message(camera_from_applicator, at), at)
        if verdict and verdict != self._verdict:
            self._verdict = verdict
            self._add(schema.LOG_TOPIC, log_message(verdict, reasons, at), at)

    def close(self) -> None:
        """Finish the file; safe to call twice."""
        if self._is_open:
            self._is_open = False
            self._writer.finish()  # type: ignore[no-untyped-call]
            self._stream.close()

    def _add(self, topic: str, data: bytes, at_ns: int) -> None:
        self._writer.add_message(
            self._channels[topic], log_time=at_ns, data=data, publish_time=at_ns
        )
