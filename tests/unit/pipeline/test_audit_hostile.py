"""A log from a hostile hand: every changed bit is found, and nothing crashes or fills memory."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from pipeline.audit.canonical import MAX_LINE_BYTES, JsonValue
from pipeline.audit.chain import Chain
from pipeline.audit.errors import TamperError
from pipeline.audit.kinds import AuditKind
from pipeline.audit.ledger_view import read_ledger
from pipeline.audit.verify import Trust, verify_log
from pipeline.benchmarks.audit_scene import session_start
from tests.builders_audit import KEY, VERDICT, new_archive

SEED = 7
N_FLIPS = 1200
N_RANDOM = 1500


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A whole log and a whole ledger."""
    archive = new_archive(tmp_path_factory.mktemp("archive"))
    archive.write("s-1", n_verdicts=3)
    return archive.path("s-1").read_bytes(), archive.ledger.path.read_bytes()


def check(data: bytes, *, is_ledger: bool) -> None:
    if is_ledger:
        read_ledger(BytesIO(data), "ledger")
    else:
        verify_log(BytesIO(data), "log", Trust())


@pytest.mark.parametrize("is_ledger", [False, True])
def test_every_flipped_bit_is_found(files: tuple[bytes, bytes], *, is_ledger: bool) -> None:
    whole = files[is_ledger]
    check(whole, is_ledger=is_ledger)
    generator = random.Random(SEED)
    for _ in range(N_FLIPS):
        data = bytearray(whole)
        data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        with pytest.raises(TamperError):
            check(bytes(data), is_ledger=is_ledger)


def scrambled(whole: bytes, generator: random.Random) -> bytes:
    """Pieces cut, doubled, moved, or overwritten with random bytes."""
    data = bytearray(whole)
    for _ in range(generator.randint(1, 4)):
        start = generator.randrange(len(data) + 1)
        stop = min(len(data), start + generator.choice((1, 3, 30, 400)))
        piece = bytes(data[start:stop])
        what = generator.randrange(4)
        if what == 0:
            del data[start:stop]
        elif what == 1:
            data[start:start] = piece
        elif what == 2:
            data[start:stop] = generator.randbytes(len(piece))
        else:
            del data[start:stop]
            at = generator.randrange(len(data) + 1)
            data[at:at] = piece
    return bytes(data)


@pytest.mark.parametrize("is_ledger", [False, True])
def test_scrambled_files_and_noise_are_found(
    files: tuple[bytes, bytes], *, is_ledger: bool
) -> None:
    whole = files[is_ledger]
    generator = random.Random(SEED)
    for index in range(N_RANDOM):
        data = (
            generator.randbytes(generator.randrange(600))
            if index % 3 == 0
            else scrambled(whole, generator)
        )
        if data == whole:
            continue
        with pytest.raises(TamperError):
            check(data, is_ledger=is_ledger)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n\n",
        b"x" * (MAX_LINE_BYTES + 5),
        b"x" * (4 * MAX_LINE_BYTES) + b"\n",
        b"[" * MAX_LINE_BYTES + b"\n",
        b'{"a":' * 40_000 + b"\n",
        b"\xff\xfe\xfd\n",
        b"\x00" * 100_000 + b"\n",
        b"null\n",
        b'{"a":1,"a":2}\n',
        b'{"sequence":' + b"9" * 5000 + b"}\n",
        b'{"body":{},"hash":[],"kind":{},"previous":1,"sequence":0,"session":[],"stamp_ns":{}}\n',
    ],
    ids=range(13),
)
def test_hostile_files_are_refused_with_a_line(data: bytes) -> None:
    with pytest.raises(TamperError):
        check(data, is_ledger=False)
    with pytest.raises(TamperError):
        check(data, is_ledger=True)


class LogStream(RawIOBase):
    """A long log that is made while it is read, so that no file has to hold it."""

    def __init__(self, n_entries: int) -> None:
        self._lines = self._made(n_entries)

    @staticmethod
    def _made(n_entries: int) -> Iterator[bytes]:
        chain = Chain("s-1", KEY)
        start = session_start().body(KEY.public, None)
        first = chain.next(AuditKind.SESSION_START, start, 0, None)
        yield from (entry.line() for entry in first)
        for index in range(n_entries):
            made = chain.next(AuditKind.VERDICT, VERDICT, index, None)
            yield from (entry.line() for entry in made)
        last = chain.next(AuditKind.END, {"outcome": "finished"}, n_entries, None)
        yield from (entry.line() for entry in last)

    def readline(self, size: int | None = -1, /) -> bytes:
        return next(self._lines, b"")


def test_a_long_log_takes_no_more_memory_than_a_short_one() -> None:
    peaks = []
    for n_entries in (100, 1000):
        tracemalloc.start()
        found = verify_log(cast(BinaryIO, LogStream(n_entries)), "log", Trust())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found.n_entries == n_entries + 2 + 2 + n_entries // 64
    assert peaks[1] < peaks[0] + 100_000  # the file would be 0.4 MB


def test_a_key_that_is_no_key_is_refused() -> None:
    wrongs: tuple[JsonValue, ...] = ("", "x" * 64, "A" * 64, 5, None, ["x"])
    for wrong in wrongs:
        chain = Chain("s-1", KEY)
        body = {**session_start().body(KEY.public, None), "public_key": wrong}
        entries = chain.next(AuditKind.SESSION_START, body, 0, None)
        with pytest.raises(TamperError, match="key"):
            check(b"".join(entry.line() for entry in entries), is_ledger=False)


@pytest.mark.parametrize("anchor", [None, 5, [], {}, {"sequence": 10**9}, {"sequence": "1"}])
def test_an_anchor_of_another_form_is_a_fault_not_a_crash(
    tmp_path: Path, anchor: JsonValue
) -> None:
    archive = new_archive(tmp_path)
    archive.ledger.opened("s-1")
    chain = Chain("s-1", KEY)
    body = {**session_start().body(KEY.public, None), "ledger": anchor}
    entries = chain.next(AuditKind.SESSION_START, body, 0, None)
    entries += chain.next(AuditKind.END, {"outcome": "finished"}, 1, None)
    archive.ledger.closed("s-1", entries[-1].hash, len(entries), "finished")
    with archive.ledger.path.open("rb") as stream:
        view = read_ledger(stream, "ledger")
    data = b"".join(entry.line() for entry in entries)
    with pytest.raises(TamperError, match="ledger"):
        verify_log(BytesIO(data), "log", Trust(ledger=view))
