"""What `sessions audit` prints: verifications, heads and entries, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import typer

from pipeline.audit.canonical import JsonValue
from pipeline.audit.entry import Entry
from pipeline.audit.errors import Means
from pipeline.audit.head import PrintedHead, grouped, head_text
from pipeline.audit.kinds import AuditKind
from pipeline.audit.reading import entries_of
from pipeline.cli.output import print_json, print_table
from pipeline.verify_audit import Verification

FINDS = {
    Means.CHAIN: "edit, delete, insert, reorder, replayed entry, where hashes were left alone",
    Means.SIGNATURE: "the same with all hashes made anew, before the last checkpoint, without key",
    Means.ENDING: "cut tail; cannot tell it from a crash",
    Means.NAME: "another session's log in its place, replay under a new file name",
    Means.KEY: "a whole log forged with the forger's own key",
    Means.LEDGER: "file deleted, tail cut, fork, replace, replay; with the key, not the ledger",
    Means.HEAD: "every change before the print, also by one who has key and ledger",
}
SHOWN_BODY = 100  # characters of a body in a table
WIDTH = 140


def print_verification(path: Path, found: Verification, *, as_json: bool) -> None:
    """Print what holds, what does not, and what each means can find."""
    if as_json:
        print_json(_document(path, found))
        return
    typer.echo(f"{_headline(found)}: {path}")
    for log in found.verified:
        typer.echo(
            f"  session {log.head.session}: {log.n_entries} entries, {log.n_checkpoints} "
            f"checkpoints, key {grouped(log.head.key_id)}\n  head {grouped(log.head.head)}"
        )
        for note in log.notes:
            typer.echo(f"  note: {note}")
    if found.ledger is not None:
        typer.echo(
            f"  ledger {found.ledger.name}: {len(found.ledger.hashes)} entries, "
            f"{len(found.ledger.sessions)} sessions"
        )
    for fault in found.faults:
        typer.echo(f"  fault: {fault.what}")
    if found.means:
        rows = [
            (means.value, "used" if means in found.means else "NOT USED", FINDS[means])
            for means in Means
        ]
        print_table("What was proven", ("means", "", "finds"), rows, width=WIDTH)


def _headline(found: Verification) -> str:
    if found.faults:
        return "CHANGED, OR NOT WHOLE"
    if not found.is_vouched_for:
        return "NO CHANGE FOUND, AND NOBODY VOUCHES FOR THE KEY"
    is_full = all(means in found.means for means in Means)
    return "VERIFIED by all means" if is_full else "NO CHANGE FOUND by the means used"


def print_head_block(head: PrintedHead, *, as_json: bool) -> None:
    """Print the block for paper, or the same as JSON."""
    if as_json:
        print_json(_head(head))
    else:
        typer.echo(head_text(head), nl=False)


def print_entries(path: Path, kinds: Collection[AuditKind], *, as_json: bool) -> None:
    """Print entries as they are read; JSON is one line an entry, as in the file."""
    chosen = (entry for entry in entries_of(path) if not kinds or entry.kind in kinds)
    if as_json:
        for entry in chosen:
            typer.echo(entry.line().decode("ascii"), nl=False)
        return
    for entry in chosen:
        typer.echo(_row(entry))


def _row(entry: Entry) -> str:
    """One line; the body as ASCII JSON, so that no text in it can steer the terminal."""
    body = json.dumps({k: v for k, v in entry.body.items() if k != "signature"}, ensure_ascii=True)
    shown = body if len(body) <= SHOWN_BODY else body[: SHOWN_BODY - 3] + "..."
    wall = json.dumps(entry.wall)[1:-1] if entry.wall is not None else "-"
    return f"{entry.sequence:6d}  {wall:<29.29}  {entry.kind.value:<16}  {shown}"


def _document(path: Path, found: Verification) -> dict[str, object]:
    return {
        "path": str(path),
        "verified": not found.faults,
        "vouched_for": found.is_vouched_for,
        "logs": [
            {
                **_head(log.head),
                "n_entries": log.n_entries,
                "n_checkpoints": log.n_checkpoints,
                "notes": list(log.notes),
            }
            for log in found.verified
        ],
        "faults": [
            {
                "file": fault.name,
                "line": fault.line,
                "found_by": fault.means.value,
                "what": fault.what,
                "expected": fault.expected,
                "actual": fault.actual,
            }
            for fault in found.faults
        ],
        "means": {
            means.value: {"used": means in found.means, "finds": FINDS[means]} for means in Means
        },
    }


def _head(head: PrintedHead) -> dict[str, JsonValue]:
    return {
        "session": head.session,
        "sequence": head.sequence,
        "head": head.head,
        "key": head.key_id,
        "time": head.wall,
        "closed": head.is_closed,
    }
