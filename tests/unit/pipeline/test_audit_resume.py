"""A crash leaves a torn line: the log goes on, nothing whole is lost, and the tear is told."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.audit.errors import AuditError, Means, TamperError
from pipeline.audit.kinds import AuditKind
from pipeline.audit.log import AuditLog
from pipeline.audit.reading import entries_of
from pipeline.audit.seal import OUTCOME, seal
from pipeline.audit.verify import Trust, Verified, verify_log
from tests.builders_audit import KEY, OTHER_KEY, Archive, new_archive

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return new_archive(tmp_path)


def verified(path: Path, trust: Trust | None = None) -> Verified:
    with path.open("rb") as stream:
        return verify_log(stream, path.name, trust or Trust([KEY.public]))


def crashed(archive: Archive, session: str = "s-1") -> bytes:
    """A log of a session that wrote verdicts and then nothing more."""
    archive.write(session)
    data = archive.path(session).read_bytes()
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:-2])


def left_behind(archive: Archive, data: bytes) -> Path:
    path = archive.path("s-1")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("n_torn", [0, 1, 2, 17, 100, 200])
def test_a_torn_line_is_set_aside_and_told(archive: Archive, n_torn: int) -> None:
    whole = crashed(archive)
    more = archive.path("s-1").read_bytes()[len(whole) :][:n_torn].rstrip(b"\n")
    path = left_behind(archive, whole + more)
    with pytest.raises(TamperError) as caught:
        verified(path)
    assert caught.value.means is (Means.CHAIN if n_torn else Means.ENDING)
    seal(path, KEY, None)
    assert path.read_bytes().startswith(whole)
    (resumed,) = (e for e in entries_of(path) if e.kind is AuditKind.RESUMED)
    assert resumed.body["torn_bytes"] == len(more)
    aside = path.with_name(path.name + ".torn-1")
    assert aside.exists() == bool(n_torn)
    if n_torn:
        assert aside.read_bytes() == more
        assert resumed.body["torn_file"] == aside.name
    assert "resumed after a crash" in verified(path).notes[0]


def test_a_line_that_lacks_only_its_end_counts_as_torn(archive: Archive) -> None:
    path = left_behind(archive, crashed(archive)[:-1])
    seal(path, KEY, None)
    assert verified(path).notes


def test_blocks_of_zeros_after_a_power_cut_count_as_torn(archive: Archive) -> None:
    path = left_behind(archive, crashed(archive) + b"\0" * 4096)
    seal(path, KEY, None)
    assert path.with_name(path.name + ".torn-1").read_bytes() == b"\0" * 4096
    verified(path)


def test_a_second_crash_keeps_the_first_ones_bytes(archive: Archive) -> None:
    whole = crashed(archive)
    path = left_behind(archive, whole + b'{"bod')
    log = AuditLog.resume(path, "s-1", KEY, None, archive.clock)
    log.flush(10)
    once = path.read_bytes()
    log.close()
    path.write_bytes(once + b"{")
    seal(path, KEY, None)
    assert path.with_name(path.name + ".torn-1").read_bytes() == b'{"bod'
    assert path.with_name(path.name + ".torn-2").read_bytes() == b"{"
    assert len(verified(path).notes) == 2


def test_a_crash_between_the_end_and_its_checkpoint_can_be_sealed(archive: Archive) -> None:
    archive.write("s-1")
    lines = archive.path("s-1").read_bytes().splitlines(keepends=True)
    path = left_behind(archive, b"".join(lines[:-1]))
    seal(path, KEY, None)
    outcomes = [e.body["outcome"] for e in entries_of(path) if e.kind is AuditKind.END]
    assert outcomes == ["finished", OUTCOME]
    verified(path)


def test_a_log_that_has_ended_is_never_continued(archive: Archive) -> None:
    archive.write("s-1")
    before = archive.path("s-1").read_bytes()
    with pytest.raises(AuditError, match="has ended"):
        AuditLog.resume(archive.path("s-1"), "s-1", KEY, None)
    with pytest.raises(AuditError, match="has ended"):
        seal(archive.path("s-1"), KEY, None)
    assert archive.path("s-1").read_bytes() == before


@pytest.mark.parametrize("place", [0, 3, -1])
def test_a_changed_log_is_left_as_it_is(archive: Archive, place: int) -> None:
    lines = crashed(archive).splitlines(keepends=True)
    lines[place] = lines[place].replace(b'"stamp_ns":', b'"stamp_ns":1', 1)
    path = left_behind(archive, b"".join(lines) + b"torn")
    with pytest.raises(TamperError):
        seal(path, KEY, None)
    assert path.read_bytes() == b"".join(lines) + b"torn"


def test_another_key_or_session_cannot_go_on(archive: Archive) -> None:
    path = left_behind(archive, crashed(archive))
    with pytest.raises(TamperError) as caught:
        seal(path, OTHER_KEY, None)
    assert caught.value.means is Means.KEY
    with pytest.raises(AuditError, match="another session"):
        AuditLog.resume(path, "s-2", KEY, None)


def test_a_log_without_a_whole_line_cannot_be_sealed(archive: Archive) -> None:
    path = left_behind(archive, b'{"body":')
    with pytest.raises(TamperError):
        seal(path, KEY, None)
    assert path.read_bytes() == b'{"body":'


def test_the_ledger_hears_of_a_sealed_session(archive: Archive) -> None:
    log = archive.open("s-1")
    log.verdict(1, 1, "UNSURE", "HOLD", ["A"])
    assert log.flush(10)
    data = archive.path("s-1").read_bytes()
    log._writer.stop(10)  # as if the process had gone: no end is written
    path = left_behind(archive, data + b'{"torn')
    seal(path, KEY, archive.ledger)
    kinds = [e.kind.value for e in entries_of(archive.ledger.path) if e.kind != "checkpoint"]
    assert kinds == ["ledger_start", "session_opened", "session_resumed", "session_closed"]


def test_a_ledger_that_was_not_told_of_an_end_is_told(archive: Archive) -> None:
    head = archive.write("s-1")
    lines = archive.ledger.path.read_bytes().splitlines(keepends=True)
    archive.ledger.path.write_bytes(b"".join(lines[:-2]))
    before = archive.path("s-1").read_bytes()
    assert seal(archive.path("s-1"), KEY, archive.ledger).head == head.head
    assert archive.path("s-1").read_bytes() == before
    with pytest.raises(AuditError, match="is not open"):
        seal(archive.path("s-1"), KEY, archive.ledger)


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.builders_audit import KEY, VERDICT
from pipeline.audit.kinds import AuditKind
from pipeline.audit.log import AuditLog
from pipeline.benchmarks.audit_scene import session_start
log = AuditLog.open(Path(sys.argv[1]), "s-1", KEY, None, session_start())
for index in range(40):
    ticket = log.append(AuditKind.VERDICT, {**VERDICT, "frame_index": index})
assert log.flush(30)
print(ticket, flush=True)
log.append(AuditKind.VERDICT, {**VERDICT, "frame_index": 40})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_loses_at_most_what_was_not_flushed(tmp_path: Path) -> None:
    path = tmp_path / "s-1.audit.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert done.stdout.strip() == "41"  # the start and 40 verdicts
    seal(path, KEY, None)
    frames = [e.body["frame_index"] for e in entries_of(path) if e.kind is AuditKind.VERDICT]
    assert frames[:40] == list(range(40))
    assert len(frames) <= 41
    verified(path)
