"""Brings a store's tables to this version, once, however many processes open it together."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tracking.errors import CalibrationError

MIGRATIONS_DIR = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 5_174_236_001  # any number, the same in every process


def migrate(connection: Connection, what: str, revision: str = "head") -> None:
    """Upgrade inside the caller's transaction; `what` names the store in messages.

    Raises
    ------
    CalibrationError
        The store was made by a newer version of the software.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS_DIR))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise CalibrationError(
            f"The QA store {what} was written by a newer version of this software.",
            expected=f"one of the versions {', '.join(sorted(known))}",
            actual=current,
            remedy="Use the newer software; an older one would misread the history.",
        )
    if current != scripts.get_current_head():
        command.upgrade(config, revision)
