"""Runs with their figures, checks and pictures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "qa_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("protocol", sa.String(40), nullable=False),
        sa.Column("protocol_id", sa.String(200), nullable=False),
        sa.Column("camera_serial", sa.String(200), nullable=False),
        sa.Column("rig", sa.String(200), nullable=False),
        sa.Column("software", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("operator", sa.String(200), nullable=False),
        sa.Column("measured_ns", sa.BigInteger, nullable=False),
        sa.Column("started_ns", sa.BigInteger, nullable=False),
        sa.Column("valid_ns", sa.BigInteger, nullable=False),
        sa.Column("finished_ns", sa.BigInteger),
        sa.Column("outcome", sa.String(20)),
        sa.Column("versions", sa.Text),
    )
    op.create_index("ix_qa_run_camera_serial", "qa_run", ["camera_serial"])
    op.create_table(
        "qa_metric",
        *_key(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("sigma", sa.Float(53)),
    )
    op.create_table(
        "qa_check",
        *_key(),
        sa.Column("check_id", sa.String(200), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("metric", sa.String(200), nullable=False),
        sa.Column("unit", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("limits", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_table(
        "qa_picture",
        *_key(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
    )


def _key() -> tuple[sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("run_id", sa.Integer, sa.ForeignKey("qa_run.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
    )
