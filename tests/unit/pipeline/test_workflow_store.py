from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path

import pytest

from pipeline.workflow.store import FILE_NAME, MAX_BYTES, WorkflowStore
from pipeline.workflow.syncer import Syncer
from tests.workflow_parts import FullDisk
from tracking.errors import UsageError

PATIENCE_S = 10.0
PLAN_ID = "bed-7@0123456789ab"
FIRST = b'{"kind": "session", "plan": "bed-7@0123456789ab"}\n'


def opened(folder: Path, max_bytes: int = MAX_BYTES) -> WorkflowStore:
    return WorkflowStore(folder, PLAN_ID, max_bytes)


def lines(folder: Path) -> list[dict[str, object]]:
    """What was written after the line that names the plan."""
    written = (folder / FILE_NAME).read_text().splitlines()
    found = [json.loads(line) for line in written if line]
    assert not found or found[0] == json.loads(FIRST)
    return found[1:]


def test_a_line_is_with_the_system_before_add_returns(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for n in range(3):
        store.add({"kind": "step", "n": n})
        assert lines(tmp_path)[-1]["n"] == n
    store.close()
    store.close()
    assert [entry["n"] for entry in opened(tmp_path).earlier] == [0, 1, 2]


def test_a_torn_line_is_left_out_and_what_follows_is_read(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(FIRST + b'{"kind": "undo"}\n{"kind": "st')
    store = opened(tmp_path)
    assert [entry["kind"] for entry in store.earlier] == ["undo"]
    store.add({"kind": "redo"})
    store.close()
    assert [entry["kind"] for entry in opened(tmp_path).earlier] == ["undo", "redo"]


@pytest.mark.parametrize("line", [b"[1]", b"7", b'{"kind": 3}', b"{}", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_entry_is_left_out(tmp_path: Path, line: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(FIRST + line + b'\n{"kind": "undo"}\n')
    store = opened(tmp_path)
    assert [entry["kind"] for entry in store.earlier] == ["undo"]
    store.close()


def test_no_patient_is_named_and_what_is_of_another_plan_is_refused(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert (tmp_path / FILE_NAME).read_bytes() == FIRST
    opened(tmp_path).close()
    assert (tmp_path / FILE_NAME).read_bytes() == FIRST
    with pytest.raises(UsageError, match="not known to be of this plan") as refused:
        WorkflowStore(tmp_path, "bed-7@ba9876543210")
    assert refused.value.actual == f"that of {PLAN_ID}"
    assert (tmp_path / FILE_NAME).read_bytes() == FIRST


@pytest.mark.parametrize(
    "content",
    [b'{"kind": "undo"}\n', b'{"kind": "undo"}\n' + FIRST, b"torn\n" + b'{"kind": "undo"}'],
)
def test_nobody_knows_whose_a_file_is_that_does_not_begin_with_its_plan(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(UsageError, match="not known to be of this plan") as refused:
        opened(tmp_path)
    assert refused.value.actual == "a file that names no plan"
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_file_whose_first_line_alone_is_torn_holds_nothing_and_is_begun_again(
    tmp_path: Path,
) -> None:
    (tmp_path / FILE_NAME).write_bytes(FIRST[:20])
    store = opened(tmp_path)
    store.add({"kind": "undo"})
    store.close()
    assert [entry["kind"] for entry in opened(tmp_path).earlier] == ["undo"]


@pytest.mark.parametrize("room", [0, 1, 9])
def test_a_full_disk_leaves_no_half_line(tmp_path: Path, room: int) -> None:
    store = opened(tmp_path)
    store.add({"kind": "undo"})
    before = (tmp_path / FILE_NAME).read_bytes()
    disk = FullDisk(store._file, room)
    store._file = disk  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        store.add({"kind": "redo"})
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert "No space" in store.warning
    disk.room = 1000
    store.add({"kind": "redo"})
    assert store.warning == ""
    assert [entry["kind"] for entry in lines(tmp_path)] == ["undo", "redo"]
    store.close()


def test_what_has_happened_waits_for_room_in_its_order(tmp_path: Path) -> None:
    store = opened(tmp_path)
    disk = FullDisk(store._file)
    store._file = disk  # type: ignore[assignment]
    for n in range(3):
        store.note({"kind": "beam", "n": n})
    assert not lines(tmp_path)
    disk.room = 1000
    store.add({"kind": "step", "n": 3})
    assert [entry["n"] for entry in lines(tmp_path)] == [0, 1, 2, 3]
    store.close()


def test_a_full_file_refuses_and_says_so(tmp_path: Path) -> None:
    store = opened(tmp_path, max_bytes=110)
    store.add({"kind": "undo", "padding": "x" * 20})
    with pytest.raises(OSError, match="full: use another --session folder"):
        store.add({"kind": "redo"})
    store.close()
    again = opened(tmp_path, max_bytes=110)
    assert [entry["kind"] for entry in again.earlier] == ["undo"]
    again.close()


def test_a_file_that_is_too_large_is_refused_not_cut(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b'{"kind": "undo"}\n' * 9)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="more than 100 bytes"):
        opened(tmp_path, max_bytes=100)
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(UsageError, match="cannot be used"):
        opened(tmp_path)


class TestSyncer:
    def test_it_syncs_what_was_asked_for_before_it_ends(self) -> None:
        calls: list[float] = []
        syncer = Syncer(lambda: calls.append(time.monotonic()))
        syncer.ask()
        asked = time.monotonic()
        syncer.close()
        assert calls
        assert calls[-1] >= asked or len(calls) == 1

    def test_asking_never_waits_for_a_slow_disk(self) -> None:
        syncer = Syncer(lambda: time.sleep(0.2))
        before = time.monotonic()
        for _ in range(50):
            syncer.ask()
        assert time.monotonic() - before < 0.1
        syncer.close()

    def test_a_failure_stays(self) -> None:
        failures = [OSError(errno.EIO, os.strerror(errno.EIO))]

        def sync() -> None:
            if failures:
                raise failures.pop()

        syncer = Syncer(sync)
        syncer.ask()
        deadline = time.monotonic() + PATIENCE_S
        while not syncer.failure:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        syncer.ask()
        syncer.close()
        assert syncer.failure == os.strerror(errno.EIO)
