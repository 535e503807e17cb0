"""References that places are compared with, and a seal over every finished run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add both; runs of before have no reference and no seal, and prove nothing."""
    op.create_table(
        "qa_baseline",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False, unique=True),
        sa.Column("camera_serial", sa.String(200), nullable=False),
        sa.Column("origin", sa.String(20), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_qa_baseline_camera_serial", "qa_baseline", ["camera_serial"])
    op.add_column(
        "qa_run", sa.Column("baseline", sa.String(200), nullable=False, server_default="")
    )
    op.add_column("qa_run", sa.Column("seal", sa.String(64)))
