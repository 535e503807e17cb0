"""Where the history lies: a folder, a file, or a database's URL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from tracking.errors import ConfigurationError

FILE_NAME = "qa.sqlite"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
POSTGRESQL_DRIVER = "postgresql+pg8000"
ACCEPTED = "a folder, sqlite:///FILE, or postgresql://USER@HOST/DATABASE"


def store_url(address: str) -> URL:
    """Read an address; a folder holds `qa.sqlite`.

    Raises
    ------
    ConfigurationError
        Empty, malformed, or of a kind that is not supported. Passwords are never repeated.
    """
    if not address.strip():
        raise ConfigurationError("The QA store is not named.", expected=ACCEPTED)
    if "://" not in address:
        return URL.create(SQLITE, database=str(Path(address) / FILE_NAME))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            "The QA store's URL cannot be read.",
            expected=ACCEPTED,
            actual=type(error).__name__,
            remedy="Write a special character in a password as %XX.",
        ) from error
    if url.get_backend_name() == SQLITE and url.drivername == SQLITE:
        return _checked_file(url)
    if url.drivername in (POSTGRESQL, "postgres", POSTGRESQL_DRIVER):
        return _checked_server(url.set(drivername=POSTGRESQL_DRIVER))
    raise ConfigurationError(
        "The QA store is of an unknown kind.",
        expected=ACCEPTED,
        actual=f"{url.drivername}://",
    )


def shown(url: URL) -> str:
    """The address for people, without a password."""
    return url.render_as_string(hide_password=True)


def _checked_file(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(
            "A QA store in memory would be forgotten.",
            expected="sqlite:///FILE",
            actual=shown(url),
        )
    return url


def _checked_server(url: URL) -> URL:
    if not url.database:
        raise ConfigurationError(
            "The QA store's URL names no database.",
            expected="postgresql://USER@HOST/DATABASE",
            actual=shown(url),
        )
    return url
