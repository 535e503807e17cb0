"""Forgers of different power: what each makes of a log whose lines it has changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pipeline.audit.canonical import canonical_bytes
from pipeline.audit.checkpoint import SIGNATURE_DOMAIN
from pipeline.audit.entry import GENESIS, entry_hash
from pipeline.audit.keys import SigningKey

Line = dict[str, Any]
"""One line of a log as a plain table: a forger is not held to the types of an entry."""


class Forger(StrEnum):
    """What a forger can do, from little to all."""

    HAND = "edits the file"
    HASHES = "makes all hashes anew"
    OWN_KEY = "signs with an own key"
    KEY = "has the key"
    KEY_AND_LEDGER = "has key and ledger"


def lines_of(data: bytes) -> list[Line]:
    """Tables of a log's lines."""
    return [json.loads(line) for line in data.splitlines()]


def bytes_of(lines: Sequence[Line]) -> bytes:
    """The lines as a file, hashes as they are."""
    return b"".join(canonical_bytes(line) + b"\n" for line in lines)


def rehashed(
    lines: Sequence[Line],
    signer: SigningKey | None,
    *,
    numbers: bool,
) -> list[Line]:
    """Tie the lines together again.

    Parameters
    ----------
    signer
        Signs every checkpoint anew, and names itself where a key is named; None: signatures stay.
    numbers
        Whether the places are numbered anew too.
    """
    made: list[Line] = []
    head = checkpoint = GENESIS
    for place, line in enumerate(lines):
        body = dict(line["body"])
        new = {**line, "body": body, "previous": head}
        new.pop("hash", None)
        if numbers:
            new["sequence"] = place
        if signer is not None and "public_key" in body:
            body |= {"key": signer.public.key_id, "public_key": signer.public.raw.hex()}
        if line["kind"] == "checkpoint":
            body |= {"covered": place - 1, "head": head, "previous_checkpoint": checkpoint}
            if signer is not None:
                _sign(new, signer)
        head = entry_hash(head, canonical_bytes(new))
        if line["kind"] == "checkpoint":
            checkpoint = head
        made.append({**new, "hash": head})
    return made


def ledger_for(ledger: bytes, log: Sequence[Line], signer: SigningKey) -> bytes:
    """Forge the ledger so that it agrees with a forged log."""
    session = log[0]["session"] if log else ""
    lines = lines_of(ledger)
    for line in lines:
        if line["kind"] == "session_closed" and line["body"]["session"] == session:
            line["body"] |= {"head": log[-1]["hash"], "n_entries": len(log)}
    return bytes_of(rehashed(lines, signer, numbers=True))


def _sign(line: Line, signer: SigningKey) -> None:
    body = {k: v for k, v in line["body"].items() if k != "signature"}
    body["key"] = signer.public.key_id
    message = SIGNATURE_DOMAIN + canonical_bytes({**line, "body": body})
    line["body"] |= {**body, "signature": signer.sign(message)}
