"""Foxglove's protobuf messages: what common viewers show of a session without our code."""

from __future__ import annotations

from typing import cast

from foxglove_schemas_protobuf.CameraCalibration_pb2 import CameraCalibration
from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from tracking.camera import CameraIntrinsics

FRAME_ID = "camera"
NS_PER_S = 1_000_000_000


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
    stamp = Timestamp(seconds=stamp_ns // NS_PER_S, nanos=stamp_ns % NS_PER_S)
    message = CompressedImage(timestamp=stamp, frame_id=FRAME_ID, data=payload, format=image_format)
    return bytes(message.SerializeToString(deterministic=True))


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
