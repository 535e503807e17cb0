"""The log of a session: what it writes, what it refuses, and how it tells that the disk fails."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.audit import writer
from pipeline.audit.canonical import MAX_LINE_BYTES, CanonicalError
from pipeline.audit.errors import AuditError
from pipeline.audit.kinds import CALLERS, AuditKind
from pipeline.audit.log import AuditLog
from pipeline.audit.naming import log_name
from pipeline.audit.reading import entries_of, head_of
from pipeline.audit.verify import Trust, verify_log
from pipeline.benchmarks.audit_scene import session_start
from tests.builders_audit import KEY, VERDICT, Archive, counting_clock, new_archive
from tracking.errors import ConfigurationError, UsageError


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return new_archive(tmp_path)


def kinds(path: Path) -> list[str]:
    return [entry.kind.value for entry in entries_of(path)]


def verified(path: Path) -> int:
    with path.open("rb") as stream:
        return verify_log(stream, path.name, Trust([KEY.public])).n_entries


def test_start_end_and_every_change_of_ready_are_signed(archive: Archive) -> None:
    with archive.open("s-1") as log:
        log.verdict(1, 10, "UNSURE", "HOLD", ["AIR_GAP_HIGH"])
        log.verdict(2, 20, "HOLD", "READY", [])
        log.verdict(3, 30, "READY", "HOLD", ["AIR_GAP_HIGH"])
        log.append(AuditKind.BEAM, {"is_on": True})
    assert kinds(archive.path("s-1")) == [
        *("session_start", "checkpoint", "verdict", "verdict", "checkpoint"),
        *("verdict", "checkpoint", "beam", "checkpoint", "end", "checkpoint"),
    ]
    assert verified(archive.path("s-1")) == 11


def test_a_checkpoint_comes_at_the_latest_after_64_entries(archive: Archive) -> None:
    with archive.open("s-1") as log:
        for _ in range(130):
            log.append(AuditKind.VERDICT, VERDICT)
    found = kinds(archive.path("s-1"))
    assert [i for i, kind in enumerate(found) if kind == "checkpoint"] == [1, 66, 131, 135]


def test_the_printed_head_is_the_last_checkpoint(archive: Archive) -> None:
    closed = archive.write("s-1")
    assert closed == head_of(archive.path("s-1"))
    assert closed.is_closed
    log = archive.open("s-2")
    before = log.head()
    assert before is not None
    assert not before.is_closed
    assert log.close() == log.close("again")


def test_a_log_that_fails_inside_says_so_in_its_end(archive: Archive) -> None:
    with pytest.raises(ZeroDivisionError), archive.open("s-1"):
        raise ZeroDivisionError
    last = [entry for entry in entries_of(archive.path("s-1")) if entry.kind is AuditKind.END]
    assert [entry.body["outcome"] for entry in last] == ["failed: ZeroDivisionError"]


def test_the_log_keeps_what_was_handed_in_not_what_became_of_it(archive: Archive) -> None:
    values = [1]
    with archive.open("s-1") as log:
        log.append(AuditKind.CONFIGURATION, {"what": "brightness", "values": values})
        values.append(2)
    (entry,) = (e for e in entries_of(archive.path("s-1")) if e.kind is AuditKind.CONFIGURATION)
    assert entry.body["values"] == [1]


@pytest.mark.parametrize("kind", sorted(set(AuditKind) - CALLERS))
def test_what_the_log_writes_itself_cannot_be_handed_in(archive: Archive, kind: AuditKind) -> None:
    with archive.open("s-1") as log, pytest.raises(CanonicalError, match="by the log itself"):
        log.append(kind, {"outcome": "x"})


def test_a_body_that_cannot_be_written_is_refused_and_leaves_no_trace(archive: Archive) -> None:
    with archive.open("s-1") as log:
        for body in (
            {**VERDICT, "frame_index": float("nan")},
            {"to": "READY"},
            {**VERDICT, "note": "x" * MAX_LINE_BYTES},
        ):
            with pytest.raises(CanonicalError):
                log.append(AuditKind.VERDICT, body)
    assert "verdict" not in kinds(archive.path("s-1"))


@pytest.mark.parametrize("session", ["", "ledger", "../x", "a b", "x" * 65, ".hidden", "ä"])
def test_a_session_id_that_is_no_file_name_is_refused(archive: Archive, session: str) -> None:
    with pytest.raises(UsageError, match="malformed"):
        AuditLog.open(archive.folder / "x", session, KEY, None, session_start())
    with pytest.raises(UsageError):
        log_name(session)


def test_nothing_is_written_over_or_into_by_two(archive: Archive) -> None:
    log = archive.open("s-1")
    with pytest.raises(AuditError, match="cannot be opened"):
        archive.open("s-1")
    with pytest.raises(AuditError, match="another process"):
        AuditLog.resume(archive.path("s-1"), "s-1", KEY, None)
    log.close()
    with pytest.raises(AuditError, match="is closed"):
        log.append(AuditKind.VERDICT, VERDICT)
    archive.path("s-1").unlink()
    with pytest.raises(AuditError, match="was used before"):
        archive.open("s-1")
    assert not archive.path("s-1").exists()


def test_a_missing_ledger_is_never_made_anew(archive: Archive) -> None:
    archive.ledger.path.unlink()
    with pytest.raises(ConfigurationError, match="there is none"):
        archive.open("s-1")
    assert not archive.ledger.path.exists()


def refusing(after: int) -> Callable[[int, bytes], int]:
    """A disk that takes some more bytes and is then full."""
    left = [after]
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        n = write(descriptor, bytes(data)[: left[0]])
        left[0] -= n
        return n

    return full


def until(is_true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not is_true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return is_true()


def test_a_full_disk_is_a_failure_that_stays(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = archive.open("s-1")
    assert log.status().failure == ""
    monkeypatch.setattr(os, "write", refusing(100))
    ticket = log.append(AuditKind.VERDICT, VERDICT)
    assert until(lambda: bool(log.status().failure))
    assert "No space left" in log.status().failure
    assert not log.is_durable(ticket)
    monkeypatch.undo()
    log.append(AuditKind.VERDICT, VERDICT)  # no exception reaches the loop
    assert log.status().n_pending == 2
    assert not log.flush(0.1)
    with pytest.raises(AuditError, match="No space left"):
        log.close()
    data = archive.path("s-1").read_bytes()
    assert len(data.splitlines()[-1]) == 100
    assert not data.endswith(b"\n")
    with AuditLog.resume(archive.path("s-1"), "s-1", KEY, archive.ledger, archive.clock):
        pass
    assert verified(archive.path("s-1")) == 6


class StuckDisk:
    """An fdatasync that waits until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, descriptor: int) -> None:
        self.go.wait(30)


@pytest.fixture
def stuck() -> StuckDisk:
    return StuckDisk()


def test_a_stuck_disk_never_delays_the_caller_and_is_told(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, stuck: StuckDisk
) -> None:
    log = archive.open("s-1")
    monkeypatch.setattr(os, "fdatasync", stuck)
    monkeypatch.setattr(writer, "MAX_LAG_NS", 50_000_000)
    ticket = log.append(AuditKind.VERDICT, VERDICT)  # returns although the disk does not
    assert until(lambda: "has not answered" in log.status().failure)
    assert not log.is_durable(ticket)
    stuck.go.set()
    assert until(lambda: log.status().failure == "")
    assert log.is_durable(ticket)
    log.close()
    assert verified(archive.path("s-1")) == 5


def test_a_queue_that_overflows_is_a_failure_and_not_a_wait(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, stuck: StuckDisk
) -> None:
    log = archive.open("s-1")
    monkeypatch.setattr(log._writer, "_capacity", 8)
    monkeypatch.setattr(os, "fdatasync", stuck)
    for _ in range(9):
        log.append(AuditKind.VERDICT, VERDICT)
    assert "wait for the disk" in log.status().failure
    stuck.go.set()
    with pytest.raises(AuditError, match="wait for the disk"):
        log.close()


def test_a_writer_that_has_ended_is_a_failure(archive: Archive) -> None:
    log = archive.open("s-1")
    log._writer.stop(10)
    assert "has ended" in log.status().failure
    ticket = log.append(AuditKind.VERDICT, VERDICT)
    assert not log.is_durable(ticket)
    with pytest.raises(AuditError, match="has ended"):
        log.close()


def test_entries_of_several_threads_keep_rising_stamps(archive: Archive) -> None:
    log = archive.open("s-1")
    threads = [
        threading.Thread(target=lambda: [log.append(AuditKind.VERDICT, VERDICT) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert kinds(archive.path("s-1")).count("verdict") == 200
    verified(archive.path("s-1"))


def test_the_same_session_gives_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "log"
        start = session_start()
        with AuditLog.open(path, "s-1", KEY, None, start, counting_clock()) as log:
            for _ in range(70):
                log.append(AuditKind.VERDICT, VERDICT)
        made.append(path.read_bytes())
    assert made[0] == made[1]


def test_a_disk_that_is_full_from_the_start_refuses_the_session(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(os, "write", refusing(0))
        with pytest.raises(AuditError, match="ledger"):
            archive.open("s-1")
    with monkeypatch.context() as full:
        full.setattr(os, "write", refusing(30))
        with pytest.raises(AuditError, match="first entry"):
            AuditLog.open(archive.folder / "log", "s-2", KEY, None, session_start())
    assert (archive.folder / "log").read_bytes()[-1:] != b"\n"
