"""Run by alembic: takes the connection that `migrate` has opened, inside its transaction."""

from __future__ import annotations

from alembic import context

from calibration.qa_store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
