"""The QA history: written twice a run, migrated, sealed, and refused where it is damaged."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from calibration.qa.outcome import Outcome
from calibration.qa_metric import Metric
from calibration.qa_store.address import FILE_NAME, shown, store_url
from calibration.qa_store.migrate import migrate
from calibration.qa_store.store import QaStore, open_store
from tests.qa_parts import NOW_NS, OURS, result, start
from tracking.errors import CalibrationError, ConfigurationError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "qa"


def opened(folder: Path) -> QaStore:
    return open_store(str(folder))


def edit(folder: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(folder / FILE_NAME)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_a_run_comes_back_as_it_was_stored(folder: Path) -> None:
    store = opened(folder)
    number = store.begin(start())
    unfinished = store.run(number)
    assert unfinished is not None
    assert unfinished.result is None
    store.finish(number, result())
    store.close()
    found = opened(folder).run(number)
    assert found is not None
    assert found.result is not None
    assert found.start == start()
    assert found.result.checks == result().checks
    assert found.result.pictures == result().pictures
    assert found.result.metrics[0] == result().metrics[0]
    assert str(found.result.metrics[1]) == str(result().metrics[1])  # nan


def test_a_figure_of_negative_zero_fits_its_seal(folder: Path) -> None:
    store = opened(folder)
    zero = replace(result().checks[0], value=-0.0)
    metric = Metric("ssd_shift", -0.0, "mm", -0.0)
    store.finish(store.begin(start()), replace(result(), metrics=(metric,), checks=(zero,)))
    assert len(store.runs()) == 1


def test_runs_are_picked_by_camera_and_origin(folder: Path) -> None:
    store = opened(folder)
    for setup, origin in (
        (OURS, "live"),
        (OURS, "simulated"),
        (replace(OURS, camera_serial="CAM-2"), "live"),
    ):
        store.begin(start(setup=setup, origin=origin))  # type: ignore[arg-type]
    assert [run.id for run in store.runs("CAM-1")] == [1, 2]
    assert [run.id for run in store.runs("CAM-1", "live")] == [1]
    assert [run.id for run in store.runs(None, "live")] == [1, 3]
    assert store.run(4) is None


def test_a_run_is_finished_once(folder: Path) -> None:
    store = opened(folder)
    number = store.begin(start())
    store.finish(number, result(Outcome.FAILURE))
    with pytest.raises(CalibrationError, match="cannot be finished"):
        store.finish(number, result(Outcome.PASS))
    with pytest.raises(CalibrationError, match="cannot be finished"):
        store.finish(number + 1, result())
    found = store.run(number)
    assert found is not None
    assert found.outcome is Outcome.FAILURE


def test_a_clock_that_went_back_begins_no_run(folder: Path) -> None:
    store = opened(folder)
    store.begin(start(NOW_NS))
    with pytest.raises(CalibrationError, match="clock"):
        store.begin(start(NOW_NS - 11 * 10**9))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE qa_run SET outcome = 'Pass'",
        "UPDATE qa_run SET measured_ns = measured_ns + 1",
        "UPDATE qa_metric SET value = 0.0",
        "DELETE FROM qa_metric WHERE position = 1",
        "UPDATE qa_check SET outcome = 'Pass'",
        "UPDATE qa_picture SET png = x'00'",
        "UPDATE qa_run SET camera_serial = 'CAM-2'",
        "UPDATE qa_run SET outcome = 'Splendid'",
        "UPDATE qa_run SET outcome = NULL",
    ],
)
def test_an_edited_run_is_refused(folder: Path, statement: str) -> None:
    store = opened(folder)
    number = store.begin(start())
    store.finish(number, result(Outcome.FAILURE))
    assert store.runs()
    edit(folder, statement)
    with pytest.raises(CalibrationError, match="cannot be used"):
        store.runs()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM qa_run WHERE id IN (2, 3)",
        "DELETE FROM qa_run WHERE id = 4",
        "DELETE FROM qa_run WHERE id = 1",
        "UPDATE qa_run SET outcome = NULL, finished_ns = NULL, seal = NULL WHERE id = 3",
        "UPDATE qa_run SET operator = 'another' WHERE id = 4",
        "UPDATE qa_run SET id = 9 WHERE id = 2",
        "DELETE FROM qa_event WHERE seq > 5",
        "DELETE FROM qa_event",
        "DELETE FROM qa_head",
        "UPDATE qa_head SET n_events = 5",
        (
            "INSERT INTO qa_run SELECT 9, protocol, protocol_id, camera_serial, rig, software,"
            " model, origin, source, operator, measured_ns, started_ns, valid_ns, finished_ns,"
            " outcome, versions, baseline, seal FROM qa_run WHERE id = 1"
        ),
    ],
)
def test_a_history_with_a_gap_is_refused(folder: Path, statement: str) -> None:
    store = opened(folder)
    for outcome in (Outcome.PASS, Outcome.FAILURE, Outcome.FAILURE):
        store.finish(store.begin(start()), result(outcome))
    store.begin(start())
    assert len(store.runs()) == 4
    edit(folder, statement)
    for ask in (store.runs, lambda: store.run(1), lambda: store.begin(start())):
        with pytest.raises(CalibrationError, match="cannot be used"):
            ask()


def test_a_file_that_is_no_database_is_refused(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"not a database at all" * 100)
    with pytest.raises(CalibrationError, match="cannot be used") as refused:
        opened(folder)
    assert "nothing is ready" in str(refused.value)


def test_a_database_with_damaged_pages_is_refused(folder: Path) -> None:
    store = opened(folder)
    for k in range(12):
        number = store.begin(start(NOW_NS + k))
        store.finish(number, result(at_ns=NOW_NS + k - 10**9))
    store.close()
    path = folder / FILE_NAME
    data = bytearray(path.read_bytes())
    for place in range(4096, len(data), 4096):
        data[place : place + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(CalibrationError, match="cannot be used"):
        opened(folder).runs()


def test_a_store_that_has_to_exist_is_not_made(folder: Path) -> None:
    with pytest.raises(CalibrationError, match="no QA store"):
        open_store(str(folder), must_exist=True)
    assert not folder.exists()


def old_store(folder: Path) -> None:
    """A store as the first version wrote it, with an accepted and a failed run."""
    folder.mkdir()
    engine = create_engine(store_url(str(folder)))
    with engine.begin() as connection:
        migrate(connection, "old", revision="0001")
    engine.dispose()
    row = (
        "INSERT INTO qa_run (protocol, protocol_id, camera_serial, rig, software, model, origin,"
        " source, operator, measured_ns, started_ns, valid_ns, finished_ns, outcome)"
        " VALUES ('daily', 'daily@1', 'CAM-1', 'r', 's', 'm', 'live', 'x', 'p', 1, 1, 1, 2, ?)"
    )
    edit(folder, row, "Pass")
    edit(folder, row, "Failure")


def test_an_older_store_is_brought_here_and_keeps_its_failures_only(folder: Path) -> None:
    old_store(folder)
    passed, failed = opened(folder).runs()
    assert passed.result is None
    assert failed.outcome is Outcome.FAILURE
    assert failed.start.setup.baseline == ""
    assert not passed.is_failure
    store = opened(folder)
    store.finish(store.begin(start()), result())
    assert [run.outcome for run in store.runs()] == [None, Outcome.FAILURE, Outcome.PASS]


def test_the_history_of_an_older_store_is_chained_when_it_is_brought_here(folder: Path) -> None:
    old_store(folder)
    assert len(opened(folder).runs()) == 2
    edit(folder, "DELETE FROM qa_run WHERE outcome = 'Failure'")
    with pytest.raises(CalibrationError, match="cannot be used"):
        opened(folder).runs()


def test_a_newer_store_is_refused(folder: Path) -> None:
    opened(folder).close()
    edit(folder, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(CalibrationError, match="newer version"):
        opened(folder)


def test_many_openers_and_writers_at_once_lose_nothing(folder: Path) -> None:
    numbers: list[int] = []
    troubles: list[Exception] = []

    def work(k: int) -> None:
        try:
            store = opened(folder)
            number = store.begin(start(NOW_NS))
            store.finish(number, replace(result(), metrics=(Metric("k", float(k), "mm"),)))
            numbers.append(number)
            store.close()
        except CalibrationError as error:
            troubles.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    values = {run.result.metrics[0].value for run in opened(folder).runs() if run.result}
    assert values == {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("runs/qa", "sqlite"),
        ("sqlite:///qa/history.sqlite", "sqlite"),
        ("postgresql://qa@db.site/qa", "postgresql+pg8000"),
        ("postgres://qa:secret@db.site:5433/qa", "postgresql+pg8000"),
        ("postgresql+pg8000://qa@db.site/qa", "postgresql+pg8000"),
    ],
)
def test_addresses(address: str, driver: str) -> None:
    url = store_url(address)
    assert url.drivername == driver
    assert "secret" not in shown(url)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "  ",
        "mysql://qa@db.site/qa",
        "postgresql://qa@db.site",
        "postgresql://qa:secret@db.site",
        "postgresql+psycopg2://qa@db.site/qa",
        "sqlite://",
        "sqlite:///:memory:",
        "://secret",
        "postgresql://qa:secret@db.site:port/qa",
    ],
)
def test_addresses_that_are_refused_without_telling_a_password(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        store_url(address)
    assert "secret" not in str(refused.value)


def test_a_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(CalibrationError, match="cannot be used") as refused:
        open_store("postgresql://qa:secret@127.0.0.1:1/qa")
    assert "secret" not in str(refused.value)
