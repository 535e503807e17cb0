"""What lies outside a log speaks against it: its name, a key, the ledger, a printed head."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.audit.archive import load_ledger, verify_archive
from pipeline.audit.chain import Chain
from pipeline.audit.errors import AuditError, Means, TamperError
from pipeline.audit.head import (
    HeadClaim,
    PrintedHead,
    head_text,
    parse_head_text,
)
from pipeline.audit.kinds import AuditKind
from pipeline.audit.ledger import Ledger
from pipeline.audit.reading import head_of
from pipeline.audit.verify import Trust, verify_log
from pipeline.benchmarks.audit_forger import bytes_of, lines_of, rehashed
from pipeline.benchmarks.audit_scene import session_start
from tests.builders_audit import KEY, OTHER_KEY, VERDICT, Archive, new_archive
from tracking.errors import SourceError, UsageError


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    archive = new_archive(tmp_path)
    for session in ("s-1", "s-2", "s-3"):
        archive.write(session)
    return archive


def fault(data: bytes, trust: Trust) -> TamperError:
    with pytest.raises(TamperError) as caught:
        verify_log(BytesIO(data), "log", trust)
    assert caught.value.exit_code == 6
    return caught.value


def claim(archive: Archive, session: str) -> HeadClaim:
    head = head_of(archive.path(session))
    return HeadClaim(head.head, head, is_last=True)


def test_an_untouched_log_holds_by_all_means(archive: Archive) -> None:
    ledger = load_ledger(archive.ledger.path, [KEY.public])
    trust = Trust([KEY.public], [claim(archive, "s-2")], ledger, "s-2")
    found = verify_log(BytesIO(archive.path("s-2").read_bytes()), "log", trust)
    assert set(found.means) == set(Means)
    assert found.head == head_of(archive.path("s-2"))


def test_each_means_outside_finds_another_sessions_log(archive: Archive) -> None:
    data = archive.path("s-1").read_bytes()
    ledger = load_ledger(archive.ledger.path)
    assert fault(data, Trust(session="s-2")).means is Means.NAME
    assert fault(data, Trust([OTHER_KEY.public])).means is Means.KEY
    assert fault(data, Trust(heads=[claim(archive, "s-2")])).means is Means.HEAD
    renamed = bytes_of(
        rehashed([{**line, "session": "s-2"} for line in lines_of(data)], KEY, numbers=True)
    )
    assert fault(renamed, Trust(ledger=ledger, session="s-2")).means is Means.LEDGER


def test_a_head_of_digits_alone_is_found_or_not(archive: Archive) -> None:
    data = archive.path("s-1").read_bytes()
    early = lines_of(data)[4]["hash"]
    found = verify_log(BytesIO(data), "log", Trust(heads=[HeadClaim(early)]))
    n_lines = len(lines_of(data))
    assert found.notes == (f"the printed head stands at line 5, {n_lines - 5} entries follow it",)
    assert fault(data, Trust(heads=[HeadClaim("0" * 64)])).means is Means.HEAD
    later = fault(data, Trust(heads=[HeadClaim(early, is_last=True)]))
    assert (later.means, later.line) == (Means.HEAD, 6)


def test_the_line_where_a_printed_head_should_stand_is_named(archive: Archive) -> None:
    data = archive.path("s-1").read_bytes()
    lines = lines_of(data)
    lines[2]["body"]["frame_index"] = 99
    forged = bytes_of(rehashed(lines, KEY, numbers=True))
    found = fault(forged, Trust([KEY.public], [claim(archive, "s-1")]))
    assert found.line == len(lines)
    assert found.expected == claim(archive, "s-1").head


def test_a_file_that_is_gone_or_there_twice_is_found_in_the_archive(archive: Archive) -> None:
    ledger = load_ledger(archive.ledger.path, [KEY.public])
    assert verify_archive(archive.folder, ledger).faults == ()
    archive.path("s-9").write_bytes(archive.path("s-1").read_bytes())
    archive.path("s-2").unlink()
    faults = verify_archive(archive.folder, ledger).faults
    assert [(f.name, f.means) for f in faults] == [
        ("s-9.audit.jsonl", Means.NAME),
        ("ledger.jsonl", Means.LEDGER),
    ]
    assert faults[1].expected == "s-2.audit.jsonl"


def test_a_printed_head_misses_a_session_that_the_ledger_never_knew(archive: Archive) -> None:
    head = PrintedHead("s-8", 4, "a" * 64, KEY.public.key_id, None, is_closed=True)
    ledger = load_ledger(archive.ledger.path)
    faults = verify_archive(archive.folder, ledger, heads=[HeadClaim(head.head, head)]).faults
    assert [fault.expected for fault in faults] == ["s-8.audit.jsonl"]


def test_a_ledger_that_was_cut_is_found_by_the_logs_and_by_its_printed_head(
    archive: Archive,
) -> None:
    printed = head_of(archive.ledger.path)
    lines = archive.ledger.path.read_bytes().splitlines(keepends=True)
    archive.ledger.path.write_bytes(b"".join(lines[:-2]))
    cut = load_ledger(archive.ledger.path, [KEY.public])
    (fault,) = verify_archive(archive.folder, cut).faults
    assert (fault.name, fault.means) == ("s-3.audit.jsonl", Means.LEDGER)
    with pytest.raises(TamperError) as caught:
        load_ledger(archive.ledger.path, heads=[HeadClaim(printed.head, printed)])
    assert caught.value.means is Means.HEAD


def test_another_archives_ledger_is_found(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = new_archive(tmp_path / "other")
    for _ in range(3):
        other.clock.monotonic_ns()  # other stamps, other hashes
    other.write("s-1")
    data = archive.path("s-1").read_bytes()
    found = fault(data, Trust([KEY.public], ledger=load_ledger(other.ledger.path)))
    assert found.means is Means.LEDGER


def test_a_session_closed_twice_is_a_fork_and_refused_while_writing(archive: Archive) -> None:
    with pytest.raises(AuditError, match="is not open"):
        archive.ledger.closed("s-1", "a" * 64, 3, "again")
    with pytest.raises(AuditError, match="is not open"):
        archive.ledger.closed("s-7", "a" * 64, 3, "never opened")
    lines = lines_of(archive.ledger.path.read_bytes())
    closing = next(line for line in lines if line["kind"] == "session_closed")
    forged = rehashed([*lines, closing, lines[-1]], KEY, numbers=True)
    archive.ledger.path.write_bytes(bytes_of(forged))
    with pytest.raises(TamperError, match="after it was closed"):
        load_ledger(archive.ledger.path, [KEY.public])


def test_a_torn_ledger_is_mended_by_the_next_session_and_says_so(archive: Archive) -> None:
    lines = archive.ledger.path.read_bytes().splitlines(keepends=True)
    archive.ledger.path.write_bytes(
        b"".join(lines[:-1]) + lines[-1][:50]
    )  # entry without signature
    with pytest.raises(TamperError):
        load_ledger(archive.ledger.path)
    archive.write("s-4")
    view = load_ledger(archive.ledger.path, [KEY.public])
    assert set(view.sessions) == {"s-1", "s-2", "s-3", "s-4"}
    assert verify_archive(archive.folder, view).faults == ()


def test_nothing_is_added_to_a_ledger_that_was_changed(archive: Archive) -> None:
    data = archive.ledger.path.read_bytes().replace(b'"s-2"', b'"s-5"', 1)
    archive.ledger.path.write_bytes(data)
    with pytest.raises(TamperError):
        archive.write("s-4")
    assert archive.ledger.path.read_bytes() == data


def test_a_ledger_is_made_once(archive: Archive) -> None:
    with pytest.raises(AuditError, match="cannot be opened"):
        Ledger.create(archive.ledger.path, KEY)


def by_key_holder(*kinds: tuple[AuditKind, int]) -> bytes:
    """A log that only a key holder, or a defect, can write: hashes and signatures fit."""
    chain = Chain("s-1", KEY)
    start = session_start().body(KEY.public, None)
    entries = chain.next(AuditKind.SESSION_START, start, 5, None)
    bodies = {AuditKind.VERDICT: VERDICT, AuditKind.SESSION_START: start}
    for kind, stamp_ns in kinds:
        body = bodies.get(kind, dict.fromkeys(("outcome", "session", "key", "public_key"), "x"))
        entries += chain.next(kind, body, stamp_ns, None)
    return b"".join(entry.line() for entry in entries)


@pytest.mark.parametrize(
    ("kinds", "what"),
    [
        ([(AuditKind.VERDICT, 4), (AuditKind.END, 9)], "clock went back"),
        ([(AuditKind.END, 9), (AuditKind.VERDICT, 9)], "after its end"),
        ([(AuditKind.END, 9), (AuditKind.END, 9)], "after its end"),
        ([(AuditKind.SESSION_START, 9), (AuditKind.END, 9)], "starts once"),
        ([(AuditKind.SESSION_OPENED, 9), (AuditKind.END, 9)], "ledger's entry"),
        ([(AuditKind.VERDICT, 9)], "without its signed end"),
    ],
)
def test_what_the_software_never_writes_is_found_though_it_is_signed(
    kinds: list[tuple[AuditKind, int]], what: str
) -> None:
    assert what in fault(by_key_holder(*kinds), Trust([KEY.public])).what
    whole = by_key_holder((AuditKind.VERDICT, 9), (AuditKind.END, 9))
    verify_log(BytesIO(whole), "log", Trust([KEY.public]))


@pytest.mark.parametrize("is_closed", [True, False])
@pytest.mark.parametrize("wall", [None, "2026-01-02T03:04:05+00:00"])
def test_a_printed_head_reads_back(*, is_closed: bool, wall: str | None) -> None:
    head = PrintedHead("s-1", 12, "0123456789abcdef" * 4, "89" * 16, wall, is_closed)
    text = head_text(head)
    for spelt in (text, "\n\n" + text, text.replace("  ", " "), text.replace("\n", "\r\n")):
        assert parse_head_text(spelt) == HeadClaim(head.head, head, is_closed)
    assert parse_head_text("0123 4567-89ab.cdef" * 4) == HeadClaim(head.head)
    assert max(len(line) for line in text.splitlines()) < 60


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 63,
        "0" * 65,
        "g" * 64,
        "head\n",
        "\0" * 100,
        "session s\nsequence x\nhead " + "0" * 64,
    ],
)
def test_a_head_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        parse_head_text(text)


def test_a_pipe_or_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a regular file"):
        load_ledger(tmp_path)
    with pytest.raises(SourceError, match="not a regular file"):
        load_ledger(Path("/dev/zero"))


def test_json_bodies_in_the_file_are_plain(archive: Archive) -> None:
    for line in archive.path("s-1").read_bytes().splitlines():
        assert json.loads(line)["session"] == "s-1"
