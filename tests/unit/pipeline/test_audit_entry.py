"""An entry's hash covers each of its fields; a line that no entry has written is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.audit.canonical import CanonicalError, canonical_bytes
from pipeline.audit.checkpoint import checkpoint_fault, signed_checkpoint
from pipeline.audit.entry import GENESIS, Entry, entry_hash, parse_entry, sealed
from pipeline.audit.kinds import FIELDS, AuditKind
from tests.builders_audit import KEY, OTHER_KEY, VERDICT, WALL

ENTRY = sealed("s-1", 4, AuditKind.VERDICT, 77, WALL, VERDICT, GENESIS)


def own_hash(entry: Entry) -> str:
    return entry_hash(entry.previous, canonical_bytes(entry.content()))


def test_a_line_reads_back_as_the_entry() -> None:
    line = ENTRY.line()
    assert line.endswith(b"\n")
    assert parse_entry(line[:-1]) == ENTRY
    assert own_hash(ENTRY) == ENTRY.hash


@pytest.mark.parametrize(
    "changed",
    [
        replace(ENTRY, session="s-2"),
        replace(ENTRY, sequence=5),
        replace(ENTRY, kind=AuditKind.END),
        replace(ENTRY, stamp_ns=78),
        replace(ENTRY, wall=None),
        replace(ENTRY, body={**VERDICT, "to": "READY"}),
        replace(ENTRY, previous="1" + GENESIS[1:]),
    ],
    ids=["session", "sequence", "kind", "stamp_ns", "wall", "body", "previous"],
)
def test_each_field_is_under_the_hash(changed: Entry) -> None:
    assert own_hash(changed) != ENTRY.hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"sequence":4', b'"sequence":-4'),
        (b'"sequence":4', b'"sequence":4.0'),
        (b'"sequence":4', b'"sequence":true'),
        (b'"stamp_ns":77', b'"stamp_ns":"77"'),
        (b'"kind":"verdict"', b'"kind":"verdikt"'),
        (b'"kind":"verdict"', b'"kind":7'),
        (b'"session":"s-1"', b'"session":"../s"'),
        (b'"session":"s-1"', b'"session":null'),
        (b'"wall":"' + WALL.encode() + b'"', b'"wall":7'),
        (b'"from":"UNSURE",', b""),
        (b'"previous":"0', b'"previous":"g'),
        (b'"previous":"0', b'"previous":"'),
    ],
)
def test_a_field_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    line = ENTRY.line()[:-1]
    assert old in line
    with pytest.raises(CanonicalError):
        parse_entry(line.replace(old, new))


def test_a_field_more_or_less_is_refused() -> None:
    for table in ({**ENTRY.content()}, {**ENTRY.content(), "hash": ENTRY.hash, "more": 1}):
        with pytest.raises(CanonicalError, match="the keys are not"):
            parse_entry(canonical_bytes(table))


@pytest.mark.parametrize("kind", list(AuditKind))
def test_a_kind_without_one_of_its_fields_is_refused(kind: AuditKind) -> None:
    whole = dict.fromkeys(FIELDS[kind], "x")
    sealed("s-1", 0, kind, 0, None, whole, GENESIS)
    for name in FIELDS[kind]:
        with pytest.raises(CanonicalError, match=name):
            sealed("s-1", 0, kind, 0, None, {k: "x" for k in whole if k != name}, GENESIS)


def test_a_checkpoint_signs_all_of_its_own_line() -> None:
    point = signed_checkpoint("s-1", 5, 80, WALL, ENTRY.hash, GENESIS, KEY)
    assert checkpoint_fault(point, GENESIS, KEY.public) == ""
    for changed in (
        replace(point, stamp_ns=81),
        replace(point, wall=None),
        replace(point, session="s-2"),
        replace(point, body={**point.body, "more": 1}),
        replace(point, body={**point.body, "signature": "0" * 128}),
        replace(point, body={**point.body, "signature": str(point.body["signature"]).upper()}),
        replace(point, body={**point.body, "signature": 5}),
    ):
        assert checkpoint_fault(changed, GENESIS, KEY.public) == "the signature is not this key's"
    assert "another key" in checkpoint_fault(point, GENESIS, OTHER_KEY.public)
    assert "checkpoint before" in checkpoint_fault(point, ENTRY.hash, KEY.public)
    moved = replace(point, sequence=6)
    assert "entry before" in checkpoint_fault(moved, GENESIS, KEY.public)
