"""Tables of the index. It is derived: another version of them is made anew, never migrated."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, MetaData, String, Table, Text

VERSION = 3
METADATA = MetaData()

ABOUT = Table(
    "archive_index",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("archive", Text, nullable=False),
)

SESSIONS = Table(
    "archive_session",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(500), nullable=False, unique=True),
    Column("n_bytes", BigInteger, nullable=False),
    Column("stamp", String(100), nullable=False),
    Column("damage", Text, nullable=False),
    Column("origin", String(20), nullable=False, index=True),
    Column("device", String(200), nullable=False),
    Column("serial", String(200), nullable=False, index=True),
    Column("recorded_at", String(40), nullable=False),
    Column("recorded_s", Float(53), index=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("frame_rate_hz", Float(53), nullable=False),
    Column("n_frames", Integer),
    Column("seconds", Float(53)),
    Column("session_id", String(200), nullable=False, index=True),
    Column("part", Integer),
    Column("plan_id", String(200), nullable=False, index=True),
    Column("machine", String(200), nullable=False),
    Column("applicator", String(200), nullable=False, index=True),
    Column("software", String(200), nullable=False),
    Column("model", String(200), nullable=False),
)

COUNTS = Table(  # frames by verdict and by reason
    "archive_count",
    METADATA,
    Column("session_id", Integer, ForeignKey("archive_session.id"), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("n_frames", Integer, nullable=False),
)

QUANTITIES = Table(
    "archive_quantity",
    METADATA,
    Column("session_id", Integer, ForeignKey("archive_session.id"), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("median", Float(53), nullable=False),
    Column("least", Float(53), nullable=False),
    Column("largest", Float(53), nullable=False),
)
