"""A checkpoint: an entry that signs itself and, by its hashes, every entry before it."""

from __future__ import annotations

from pipeline.audit.canonical import JsonValue, canonical_bytes
from pipeline.audit.entry import Entry, sealed
from pipeline.audit.keys import PublicKey, SigningKey
from pipeline.audit.kinds import AuditKind

SIGNATURE_DOMAIN = b"iort-tracker/audit/checkpoint/1\0"


def signed_checkpoint(
    session: str,
    sequence: int,
    stamp_ns: int,
    wall: str | None,
    previous: str,
    previous_checkpoint: str,
    key: SigningKey,
) -> Entry:
    """Sign the log up to the entry with the hash `previous`.

    The signature covers all of the checkpoint's own line but itself and the hash, so that its
    stamp cannot be changed either.
    """
    body: dict[str, JsonValue] = {
        "covered": sequence - 1,
        "head": previous,
        "key": key.public.key_id,
        "previous_checkpoint": previous_checkpoint,
        "signature": "",
    }
    unsigned = Entry(
        session, sequence, AuditKind.CHECKPOINT, stamp_ns, wall, body, previous, previous
    )
    body["signature"] = key.sign(signed_message(unsigned))
    return sealed(session, sequence, AuditKind.CHECKPOINT, stamp_ns, wall, body, previous)


def signed_message(entry: Entry) -> bytes:
    """All of a checkpoint's line but its hash and its signature, behind a domain."""
    body = {name: value for name, value in entry.body.items() if name != "signature"}
    return SIGNATURE_DOMAIN + canonical_bytes({**entry.content(), "body": body})


def checkpoint_fault(entry: Entry, previous_checkpoint: str, key: PublicKey) -> str:
    """Say what is wrong with a checkpoint; empty where nothing is."""
    body = entry.body
    if body["covered"] != entry.sequence - 1 or body["head"] != entry.previous:
        return "the checkpoint does not speak of the entry before it"
    if body["previous_checkpoint"] != previous_checkpoint:
        return "the checkpoint does not follow the checkpoint before it"
    if body["key"] != key.key_id:
        return "the checkpoint names another key"
    signature = body["signature"]
    if not isinstance(signature, str) or not key.has_signed(signed_message(entry), signature):
        return "the signature is not this key's"
    return ""
