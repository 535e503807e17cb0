"""The tables as this version of the software reads them; `migrations` brings a store there."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

BASELINES = Table(
    "qa_baseline",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("camera_serial", String(200), nullable=False, index=True),
    Column("origin", String(20), nullable=False),
    Column("body", Text, nullable=False),
)

RUNS = Table(
    "qa_run",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("protocol", String(40), nullable=False),
    Column("protocol_id", String(200), nullable=False),
    Column("camera_serial", String(200), nullable=False, index=True),
    Column("rig", String(200), nullable=False),
    Column("software", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("baseline", String(200), nullable=False, server_default=""),
    Column("origin", String(20), nullable=False),
    Column("source", Text, nullable=False),
    Column("operator", String(200), nullable=False),
    Column("measured_ns", BigInteger, nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("valid_ns", BigInteger, nullable=False),
    Column("finished_ns", BigInteger),  # with `outcome`: absent until the run is finished
    Column("outcome", String(20)),
    Column("versions", Text),
    Column("seal", String(64)),
)

EVENTS = Table(
    "qa_event",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("run_id", Integer, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("link", String(64), nullable=False),
)

HEAD = Table(
    "qa_head",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row
    Column("n_events", Integer, nullable=False),
    Column("link", String(64), nullable=False),
)

METRICS = Table(
    "qa_metric",
    METADATA,
    Column("run_id", Integer, ForeignKey("qa_run.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("value", Float(53)),  # absent: no finite figure
    Column("unit", String(40), nullable=False),
    Column("sigma", Float(53)),
)

CHECKS = Table(
    "qa_check",
    METADATA,
    Column("run_id", Integer, ForeignKey("qa_run.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("check_id", String(200), nullable=False),
    Column("title", Text, nullable=False),
    Column("metric", String(200), nullable=False),
    Column("unit", String(40), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("value", Float(53)),
    Column("limits", Text, nullable=False),
    Column("message", Text, nullable=False),
)

PICTURES = Table(
    "qa_picture",
    METADATA,
    Column("run_id", Integer, ForeignKey("qa_run.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("png", LargeBinary, nullable=False),
)
