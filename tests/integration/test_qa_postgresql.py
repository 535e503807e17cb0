"""The QA store on a real PostgreSQL server, started for this test alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from calibration.qa.outcome import Outcome
from calibration.qa_store.store import open_store
from tests.postgres_server import postgresql
from tests.qa_parts import NOW_NS, result, start
from tracking.errors import CalibrationError


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgresql() as address:
        yield address


@pytest.mark.slow
def test_a_history_on_a_server(url: str) -> None:
    troubles: list[Exception] = []

    def work() -> None:
        try:
            store = open_store(url)
            store.finish(store.begin(start(NOW_NS)), result(Outcome.FAILURE))
            store.close()
        except CalibrationError as error:
            troubles.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    store = open_store(url)
    assert [run.outcome for run in store.runs("CAM-1", "live")] == [Outcome.FAILURE] * 4
    first = store.run(1)
    assert first is not None
    assert first.result is not None
    assert first.result.pictures == result().pictures
    assert replace(first.start, measured_ns=0) == replace(start(NOW_NS), measured_ns=0)
    store.close()
