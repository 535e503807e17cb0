"""Foxglove's protobuf messages: what common viewers show of a session without our code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
from foxglove_schemas_protobuf.Log_pb2 import Log
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from scipy.spatial.transform import Rotation

from tracking.arrays import Float
from tracking.camera import CameraIntrinsics

FRAME_ID = "camera"
APPLICATOR_ID = "applicator"
NS_PER_S = 1_000_000_000
MM_PER_M = 1000.0
LEVELS = {"READY": Log.INFO, "HOLD": Log.WARNING, "UNSURE": Log.WARNING, "FAULT": Log.ERROR}


def calibration_message(intrinsics: CameraIntrinsics) -> bytes:
    """Serialise the intrinsics of the depth grid (rectified: no distortion)."""
    k = intrinsics.matrix
    message = CameraCalibration(
        frame_id=FRAME_ID,
        width=intrinsics.width,
        height=intrinsics.height,
        K=k.ravel().tolist(),
        R=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        P=[*k[0].tolist(), 0.0, *k[1].tolist(), 0.0, *k[2].tolist(), 0.0],
    )
    return bytes(message.SerializeToString(deterministic=True))


def image_message(payload: bytes, image_format: str, stamp_ns: int) -> bytes:
    """Serialise one encoded image."""
    message = CompressedImage(
        timestamp=_stamp(stamp_ns), frame_id=FRAME_ID, data=payload, format=image_format
    )
    return bytes(message.SerializeToString(deterministic=True))


def transform_message(camera_from_applicator: Float, stamp_ns: int) -> bytes:
    """Serialise the cone's place, (4, 4) in mm; viewers count in metres."""
    x, y, z, w = Rotation.from_matrix(camera_from_applicator[:3, :3]).as_quat().tolist()
    message = FrameTransform(
        timestamp=_stamp(stamp_ns), parent_frame_id=FRAME_ID, child_frame_id=APPLICATOR_ID
    )
    place = (camera_from_applicator[:3, 3] / MM_PER_M).tolist()
    message.translation.x, message.translation.y, message.translation.z = place
    message.rotation.x, message.rotation.y, message.rotation.z = x, y, z
    message.rotation.w = w
    return bytes(message.SerializeToString(deterministic=True))


def log_message(verdict: str, reasons: Sequence[str], stamp_ns: int) -> bytes:
    """Serialise a verdict, of `LEVELS`, as a line of a log."""
    text = f"{verdict} {', '.join(reasons)}".rstrip()
    entry = Log(timestamp=_stamp(stamp_ns), level=LEVELS[verdict], message=text, name="gate")
    return bytes(entry.SerializeToString(deterministic=True))


def image_payload(serialised: bytes, image_format: str) -> bytes:
    """Return the encoded image; ValueError where the message is of another format.

    Raises
    ------
    google.protobuf.message.DecodeError
        The bytes are no such message.
    """
    message = CompressedImage()
    message.ParseFromString(serialised)
    if message.format != image_format:
        raise ValueError(f"image format {message.format!r}, expected {image_format!r}")
    return bytes(message.data)


def descriptor_set(message_class: type[Message]) -> bytes:
    """Serialise a message's schema with all it depends on, dependencies first."""
    files: dict[str, FileDescriptor] = {}
    _collect(cast(FileDescriptor, message_class.DESCRIPTOR.file), files)
    result = FileDescriptorSet()
    for file in files.values():
        file.CopyToProto(result.file.add())
    return bytes(result.SerializeToString(deterministic=True))


def _collect(file: FileDescriptor, files: dict[str, FileDescriptor]) -> None:
    for dependency in file.dependencies:
        _collect(dependency, files)
    files.setdefault(file.name, file)


def _stamp(at_ns: int) -> Timestamp:
    return Timestamp(seconds=at_ns // NS_PER_S, nanos=at_ns % NS_PER_S)
