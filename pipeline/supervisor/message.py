"""The lease on the wire: one datagram of fixed size, authenticated before a byte of it is read.

Standard library only: the supervisor process imports this. `PROTOCOL.md` describes the format.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from enum import IntEnum

from pipeline.supervisor.identities import NAMES, LeaseIds
from pipeline.supervisor.refusal import Refusal

MAGIC = b"ATL1"  # applicator tracking lease, version 1
KEY_BYTES = 32
MAC_BYTES = 32
BODY = struct.Struct(">4sB" + "32s" * len(NAMES) + "QQQ")
DATAGRAM_BYTES = BODY.size + MAC_BYTES


class Kind(IntEnum):
    """What a message asks for."""

    RENEW = 1  # this frame is READY
    NOT_READY = 2  # this frame is not
    DROP = 3  # not ready, and there is no frame to decide on
    BEAM_ON = 4  # a person's key
    BEAM_OFF = 5
    GO_LIVE = 6  # the proof test is over
    END = 7  # the session is over


KINDS = frozenset(int(kind) for kind in Kind)
DECIDES_A_FRAME = frozenset({Kind.RENEW, Kind.NOT_READY})
DROPS = frozenset({Kind.NOT_READY, Kind.DROP, Kind.GO_LIVE, Kind.END})


@dataclass(frozen=True)
class Message:
    """One message of the session to its supervisor.

    Attributes
    ----------
    sequence : int
        Rises with every message.
    frame_index : int
        The frame that was decided on; for other kinds the last one.
    issued_ns : int
        On the system-wide monotonic clock. Of a decision: taken before anything of it was begun,
        the frame's age included, so that a stop anywhere on the way counts against the lease.
    """

    kind: Kind
    ids: LeaseIds
    sequence: int
    frame_index: int
    issued_ns: int


def seal(message: Message, key: bytes) -> bytes:
    """Return the datagram: body, then its HMAC-SHA256.

    Raises
    ------
    ValueError
        A number does not fit its field, or the key has another length.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, got {len(key)}")
    numbers = (message.sequence, message.frame_index, message.issued_ns)
    try:
        body = BODY.pack(MAGIC, message.kind, *message.ids.digests, *numbers)
    except struct.error as error:
        raise ValueError(f"a number does not fit the lease: {numbers}: {error}") from error
    return body + _mac(body, key)


def opened(datagram: bytes, key: bytes) -> Message | Refusal:
    """Return the message that was sealed with `key`. Fails to: a refusal."""
    if len(datagram) != DATAGRAM_BYTES:
        return Refusal.SIZE
    body, mac = datagram[: BODY.size], datagram[BODY.size :]
    if not hmac.compare_digest(mac, _mac(body, key)):
        return Refusal.MAC
    magic, kind, *rest = BODY.unpack(body)
    if magic != MAGIC or kind not in KINDS:
        return Refusal.KIND
    *digests, sequence, frame_index, issued_ns = rest
    return Message(Kind(kind), LeaseIds(*digests), sequence, frame_index, issued_ns)


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, body, "sha256")
