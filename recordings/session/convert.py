"""Between the flowing types and the JSON records of a session."""

from __future__ import annotations

from recordings.session.intrinsics_record import IntrinsicsRecord
from recordings.session.schema import SCHEMA_VERSION, HeaderRecord
from recordings.source import SourceHeader


def header_record(header: SourceHeader) -> HeaderRecord:
    """Return what a session keeps of a source's header."""
    return HeaderRecord(
        schema_version=SCHEMA_VERSION,
        origin=header.origin,
        intrinsics=IntrinsicsRecord.of(header.intrinsics),
        depth_unit_mm=header.depth_unit_mm,
        device_name=header.device_name,
        device_serial=header.device_serial,
        frame_rate_hz=header.frame_rate_hz,
        recorded_at=header.recorded_at,
        embedded=header.embedded,
    )


def source_header(record: HeaderRecord, uri: str, n_frames: int | None) -> SourceHeader:
    """Return the header of a session that is being read."""
    return SourceHeader(
        uri=uri,
        kind="mcap",
        origin=record.origin,
        intrinsics=record.intrinsics.camera(),
        depth_unit_mm=record.depth_unit_mm,
        device_name=record.device_name,
        device_serial=record.device_serial,
        n_frames=n_frames,
        frame_rate_hz=record.frame_rate_hz,
        recorded_at=record.recorded_at,
        embedded=record.embedded,
    )
