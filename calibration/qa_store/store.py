"""The history of QA runs: written once, never changed, read by everything that asks for QA.

Every run is written twice: when it begins, and when it ends. One that was begun and never ended
proves nothing, so a bad run cannot be made to vanish by stopping it; nor by deleting it, because
all runs are chained (`chain`).
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from calibration.qa.baseline import Baseline, baseline_from_json
from calibration.qa.run_record import RunRecord, RunResult, RunStart
from calibration.qa_store.address import SQLITE, shown, store_url
from calibration.qa_store.chain import (
    BEGUN,
    ENDED,
    BrokenChainError,
    append,
    check_chain,
    start_digest,
)
from calibration.qa_store.migrate import migrate
from calibration.qa_store.rows import (
    DamagedRowError,
    Row,
    check_rows,
    metric_rows,
    record_of,
    start_row,
    without_pictures,
)
from calibration.qa_store.seal import seal_of
from calibration.qa_store.tables import BASELINES, CHECKS, METRICS, PICTURES, RUNS
from recordings.source import Origin
from tracking.errors import CalibrationError

BUSY_S = 5.0  # how long a writer waits for another
CONNECT_S = 5.0
CLOCK_SLACK_NS = 10 * 10**9  # between two computers, or while one waits for the other


class QaStore:
    """An open store. Raises CalibrationError where it cannot be read or written."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = shown(engine.url)

    def close(self) -> None:
        """Release its connections."""
        self._engine.dispose()

    def begin(self, start: RunStart) -> int:
        """Write that a run begins; return its number."""
        with self._transaction() as connection:
            check_chain(connection, is_writing=True)
            latest = connection.execute(select(RUNS.c.started_ns, RUNS.c.finished_ns)).all()
            last_ns = max((max(a, b or 0) for a, b in latest), default=0)
            if start.started_ns < last_ns - CLOCK_SLACK_NS:
                raise CalibrationError(
                    "The clock stands before the last QA run that is stored.",
                    expected="a clock that goes forward",
                    actual=f"{(last_ns - start.started_ns) / 1e9:.0f} s earlier",
                    remedy="Set the computer's clock, then repeat.",
                )
            row = start_row(start)
            done = connection.execute(insert(RUNS).values(**row))
            key = done.inserted_primary_key
            if key is None:
                raise CalibrationError(f"The QA store {self.name} gave a run no number.")
            append(connection, int(key[0]), BEGUN, start_digest(row))
            return int(key[0])

    def finish(self, run_id: int, result: RunResult) -> None:
        """Write what came out of a run that was begun; once."""
        with self._transaction() as connection:
            row = connection.execute(select(RUNS).where(RUNS.c.id == run_id)).mappings().first()
            if row is None or row["outcome"] is not None:
                raise CalibrationError(
                    f"QA run {run_id} cannot be finished.",
                    expected="a run that was begun and has no outcome",
                    actual="no such run" if row is None else f"outcome {row['outcome']}",
                )
            start = record_of(row, (), (), ()).start
            seal = seal_of(start, result)
            connection.execute(
                update(RUNS)
                .where(RUNS.c.id == run_id, RUNS.c.outcome.is_(None))
                .values(
                    finished_ns=result.finished_ns,
                    outcome=str(result.outcome),
                    versions=json.dumps(result.versions),
                    seal=seal,
                )
            )
            append(connection, run_id, ENDED, seal)
            pictures = [
                {"run_id": run_id, "position": i, "name": p.name, "png": p.png}
                for i, p in enumerate(result.pictures)
            ]
            for table, rows in (
                (METRICS, metric_rows(run_id, result.metrics)),
                (CHECKS, check_rows(run_id, result.checks)),
                (PICTURES, pictures),
            ):
                if rows:
                    connection.execute(insert(table), rows)

    def runs(
        self, camera_serial: str | None = None, origin: Origin | None = None
    ) -> tuple[RunRecord, ...]:
        """All runs, oldest number first, without their pictures."""
        wanted = select(RUNS).order_by(RUNS.c.id)
        if camera_serial is not None:
            wanted = wanted.where(RUNS.c.camera_serial == camera_serial)
        if origin is not None:
            wanted = wanted.where(RUNS.c.origin == origin)
        with self._transaction() as connection:
            check_chain(connection)
            rows = connection.execute(wanted).mappings().all()
            ids = [row["id"] for row in rows]
            parts = [_by_run(connection, table, ids) for table in (METRICS, CHECKS, PICTURES)]
            return tuple(
                without_pictures(record_of(row, *(part[row["id"]] for part in parts)))
                for row in rows
            )

    def run(self, run_id: int) -> RunRecord | None:
        """One run with its pictures; None: there is none."""
        with self._transaction() as connection:
            check_chain(connection)
            row = connection.execute(select(RUNS).where(RUNS.c.id == run_id)).mappings().first()
            if row is None:
                return None
            parts = [_by_run(connection, t, [run_id]) for t in (METRICS, CHECKS, PICTURES)]
            return record_of(row, *(part[run_id] for part in parts))

    def add_baseline(self, baseline: Baseline) -> None:
        """Write a reference; the newest of a rig is the one in use."""
        with self._transaction() as connection:
            connection.execute(
                insert(BASELINES).values(
                    name=baseline.id,
                    camera_serial=baseline.camera_serial,
                    origin=baseline.origin,
                    body=baseline.to_json(),
                )
            )

    def baseline(self, camera_serial: str, rig: str, origin: Origin) -> Baseline | None:
        """The newest reference of a rig from frames of one origin; None: there is none."""
        wanted = (
            select(BASELINES.c.name, BASELINES.c.body)
            .where(BASELINES.c.camera_serial == camera_serial, BASELINES.c.origin == origin)
            .order_by(BASELINES.c.id.desc())
        )
        with self._transaction() as connection:
            for name, body in connection.execute(wanted):
                found = baseline_from_json(body)
                if found.id != name:
                    raise DamagedRowError(f"the reference {name} does not fit its name")
                if found.rig == rig:
                    return found
        return None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, DamagedRowError, BrokenChainError) as error:
            raise _unusable(self.name, error) from error


def open_store(address: str, *, must_exist: bool = False) -> QaStore:
    """Open a store, made or brought to this version where needed.

    Parameters
    ----------
    address : str
        See `store_url`.

    Raises
    ------
    ConfigurationError
        The address cannot be read.
    CalibrationError
        Missing (`must_exist`), damaged, not reachable, or written by newer software.
    """
    url = store_url(address)
    if url.get_backend_name() == SQLITE:
        _prepare_file(Path(url.database or ""), must_exist=must_exist)
    engine = _engine(url)
    name = shown(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == SQLITE:
                _check_pages(connection)
            migrate(connection, name)
    except (SQLAlchemyError, DamagedRowError, BrokenChainError) as error:
        engine.dispose()
        raise _unusable(name, error) from error
    except CalibrationError:
        engine.dispose()
        raise
    return QaStore(engine)


def _prepare_file(path: Path, *, must_exist: bool) -> None:
    if must_exist and not path.is_file():
        raise CalibrationError(
            "There is no QA store.",
            expected=str(path),
            remedy="Run `qa baseline` and `qa run daily` first, or name the store.",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CalibrationError(
            "The folder of the QA store cannot be made.", actual=f"{path.parent}: {error.strerror}"
        ) from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != SQLITE:
        return create_engine(url, connect_args={"timeout": CONNECT_S}, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _check_pages(connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise DamagedRowError(f"SQLite says: {found}")


def _by_run(connection: Connection, table: Table, ids: Sequence[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    if not ids:
        return found
    wanted = (
        select(table)
        .where(table.c.run_id.between(min(ids), max(ids)))
        .order_by(table.c.run_id, table.c.position)
    )
    for row in connection.execute(wanted).mappings():
        found[row["run_id"]].append(row)
    return found


def _unusable(name: str, error: Exception) -> CalibrationError:
    reason = getattr(error, "orig", None) or error
    return CalibrationError(
        f"The QA store {name} cannot be used.",
        expected="a whole database that this software has written",
        actual=" ".join(str(reason).split())[:300],
        remedy="Restore it from a backup, or name another store; until then nothing is ready.",
    )
