"""The index in a database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import operator
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Table,
    create_engine,
    delete,
    exists,
    func,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DatabaseError, SQLAlchemyError

from recordings.catalogue.facts import SessionFacts
from recordings.catalogue.query import COUNTED, DAMAGED, DATES, QUANTITIES, WORDS, Term
from recordings.catalogue.rows import COLUMNS_OF_FACTS, Row, count_rows, quantity_rows, session_row
from recordings.catalogue.tables import ABOUT, COUNTS, METADATA, SESSIONS, VERSION
from recordings.catalogue.tables import QUANTITIES as QUANTITY_TABLE
from tracking.errors import UsageError

FILE_NAME = "catalogue.sqlite"
FILE_SUFFIXES = (".sqlite", ".sqlite3", ".db")  # of a file that may be put aside
ACCEPTED = "a file, sqlite:///FILE, or postgresql://USER@HOST/DATABASE"
COLUMNS = [column.name for column in COLUMNS_OF_FACTS]


class Catalogue:
    """An open index.

    Parameters
    ----------
    anew : bool
        It will be made anew: a file that is damaged is put aside, as `put_aside`, and is not read.

    Raises
    ------
    UsageError
        It cannot be opened, read or written.
    """

    def __init__(self, address: str, *, anew: bool = False) -> None:
        url = _url(address)
        self.name = url.render_as_string(hide_password=True)
        self.put_aside = _put_aside(url) if anew else None
        self._engine = create_engine(url)
        with self._transaction() as connection:
            self._prepare(connection, anew=anew)

    def close(self) -> None:
        """Release its connections."""
        self._engine.dispose()

    def stamps(self) -> dict[str, str]:
        """Stamp of every session that is known, by name."""
        with self._transaction() as connection:
            rows = connection.execute(select(SESSIONS.c.name, SESSIONS.c.stamp)).all()
        return {str(name): str(stamp) for name, stamp in rows}

    def put(self, facts: SessionFacts) -> None:
        """Add a session, or replace what was known of it."""
        row = session_row(facts)
        with self._transaction() as connection:
            self._remove(connection, [row["name"]])
            key = connection.execute(insert(SESSIONS).values(row)).inserted_primary_key
            number = int(key[0]) if key else 0
            _insert(connection, COUNTS, count_rows(facts, number))
            _insert(connection, QUANTITY_TABLE, quantity_rows(facts, number))

    def drop(self, names: Iterable[str]) -> None:
        """Forget sessions whose files are gone."""
        with self._transaction() as connection:
            self._remove(connection, list(names))

    def find(self, terms: Sequence[Term] = ()) -> list[SessionFacts]:
        """Sessions for which all terms hold, by name."""
        conditions = [_condition(term) for term in terms]
        with self._transaction() as connection:
            rows = (
                connection.execute(select(SESSIONS).where(*conditions).order_by(SESSIONS.c.name))
                .mappings()
                .all()
            )
            numbers = [row["id"] for row in rows]
            counts = _counts(connection, numbers)
            quantities = _quantities(connection, numbers)
        return [
            SessionFacts(
                **{name: row[name] for name in COLUMNS},
                verdicts=counts[row["id"], "verdict"],
                reasons=counts[row["id"], "reason"],
                quantities=quantities[row["id"]],
            )
            for row in rows
        ]

    def has_results(self) -> bool:
        """Whether what a replay has made is known of any session."""
        with self._transaction() as connection:
            return connection.execute(select(COUNTS.c.session_id).limit(1)).first() is not None

    def _prepare(self, connection: Connection, *, anew: bool) -> None:
        """Make the tables; those of another version are dropped: files know all that is in them."""
        if anew:
            METADATA.drop_all(connection)
        elif inspect(connection).has_table(ABOUT.name):
            version = connection.execute(select(func.max(ABOUT.c.version))).scalar()
            if version == VERSION:
                return
            METADATA.drop_all(connection)
        METADATA.create_all(connection)
        connection.execute(insert(ABOUT).values(version=VERSION, archive=""))

    def _remove(self, connection: Connection, names: Sequence[str]) -> None:
        numbers = select(SESSIONS.c.id).where(SESSIONS.c.name.in_(names))
        for table in (COUNTS, QUANTITY_TABLE):
            connection.execute(delete(table).where(table.c.session_id.in_(numbers)))
        connection.execute(delete(SESSIONS).where(SESSIONS.c.name.in_(names)))

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            told = str(error).splitlines()[0]
            raise UsageError(
                f"The catalogue {self.name} cannot be used.",
                expected=ACCEPTED,
                actual=told,
                remedy="Make it anew (`sessions catalogue --rebuild`), or name another --store.",
            ) from error


def default_address(archive: Path) -> str:
    """Where an archive's index lies unless a store is named."""
    return str(archive / FILE_NAME)


def _url(address: str) -> URL:
    try:
        url = make_url(address) if "://" in address else URL.create("sqlite", database=address)
    except (ArgumentError, ValueError) as error:
        raise UsageError("--store: this is no address.", expected=ACCEPTED) from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+pg8000")
    if url.drivername not in ("sqlite", "postgresql+pg8000") or not url.database:
        raise UsageError("--store: unknown kind.", expected=ACCEPTED, actual=url.drivername)
    return url


def _put_aside(url: URL) -> Path | None:
    """Rename a damaged file of ours and what its journal left; None where there is none."""
    path = Path(url.database or "")
    if url.drivername != "sqlite" or path.suffix not in FILE_SUFFIXES or not path.is_file():
        return None
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA quick_check").scalar() == "ok":
                return None
    except DatabaseError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        is_ours = path.name == FILE_NAME
        if code != sqlite3.SQLITE_CORRUPT and not (code == sqlite3.SQLITE_NOTADB and is_ours):
            return None  # locked, or no catalogue at all: what follows says so
    finally:
        engine.dispose()
    names = (path.with_name(f"{path.name}.damaged-{k}") for k in range(1, 10_000))
    aside = next(name for name in names if not name.exists())
    try:
        for journal in (f"{path.name}-journal", f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(journal).unlink(missing_ok=True)
        path.rename(aside)
    except OSError as error:
        raise UsageError(
            f"The damaged catalogue {path} cannot be put aside.",
            actual=error.strerror or str(error),
            remedy="Name another --store.",
        ) from error
    return aside


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _condition(term: Term) -> ColumnElement[bool]:
    """One term as SQL."""
    if term.key in COUNTED:
        return exists().where(
            COUNTS.c.session_id == SESSIONS.c.id,
            COUNTS.c.kind == term.key,
            COUNTS.c.name == term.value,
            COUNTS.c.n_frames > 0,
        )
    if term.key == DAMAGED:
        return SESSIONS.c.damage != ""
    if term.key in DATES:
        at = SESSIONS.c.recorded_s  # where it is not known, neither holds
        return at >= term.moment_s if term.key == DATES[0] else at < term.moment_s
    if term.key in WORDS:
        pattern = term.value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return SESSIONS.c[term.key].ilike(pattern.replace("*", "%"), escape="\\")
    if term.key in QUANTITIES:
        of_it = (QUANTITY_TABLE.c.session_id == SESSIONS.c.id) & (QUANTITY_TABLE.c.name == term.key)
        return exists().where(of_it, _compared(QUANTITY_TABLE.c.median, term))
    return _compared(SESSIONS.c[term.key], term)


def _compared(column: ColumnElement[Any], term: Term) -> ColumnElement[bool]:
    compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
    found: ColumnElement[bool] = compare[term.operator](column, term.number)
    return found


def _counts(
    connection: Connection, numbers: Sequence[int]
) -> Mapping[tuple[int, str], dict[str, int]]:
    found: defaultdict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    query = select(COUNTS).where(COUNTS.c.session_id.in_(numbers)).order_by(COUNTS.c.name)
    for row in connection.execute(query).mappings():
        found[row["session_id"], row["kind"]][row["name"]] = row["n_frames"]
    return found


def _quantities(
    connection: Connection, numbers: Sequence[int]
) -> Mapping[int, dict[str, tuple[float, float, float]]]:
    found: defaultdict[int, dict[str, tuple[float, float, float]]] = defaultdict(dict)
    table = QUANTITY_TABLE
    query = select(table).where(table.c.session_id.in_(numbers)).order_by(table.c.name)
    for row in connection.execute(query).mappings():
        value = (row["median"], row["least"], row["largest"])
        found[row["session_id"]][row["name"]] = value
    return found
