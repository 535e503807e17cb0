"""A chain over the runs: those that are there are linked as they stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from calibration.qa_store.chain import (
    BEGUN,
    ENDED,
    FIRST_LINK,
    HEAD_ID,
    append,
    end_digest,
    start_digest,
)
from calibration.qa_store.tables import HEAD, RUNS

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add events and head; runs of before are linked by number, their ends after all begins."""
    op.create_table(
        "qa_event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("link", sa.String(64), nullable=False),
    )
    op.create_table(
        "qa_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("n_events", sa.Integer, nullable=False),
        sa.Column("link", sa.String(64), nullable=False),
    )
    connection = op.get_bind()
    connection.execute(sa.insert(HEAD).values(id=HEAD_ID, n_events=0, link=FIRST_LINK))
    rows = connection.execute(sa.select(RUNS).order_by(RUNS.c.id)).mappings().all()
    for row in rows:
        append(connection, row["id"], BEGUN, start_digest(row))
    for row in rows:
        if row["outcome"] is not None:
            append(connection, row["id"], ENDED, end_digest(row))
