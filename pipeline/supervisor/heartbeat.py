"""The lines for a second computer: who may believe READY, and for how long.

A line is 64 hex digits of HMAC-SHA256, a space, canonical JSON, a newline. Times on another
computer's clock mean nothing, so the deadline travels as the time left, and freshness is proven
without clocks: the line repeats a random challenge of its reader, so it was made after that.

Standard library only: the supervisor process and the second computer import this.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict, dataclass

from pipeline.supervisor.lease_holder import LEASE_NS

PREFIX = b"applicator-tracking heartbeat 1\n"  # keeps the key's other uses apart
MAX_LINE_BYTES = 512
MAC_DIGITS = 64
CHALLENGE_DIGITS = 32
CHALLENGE_BYTES = CHALLENGE_DIGITS + 1  # with its newline


@dataclass(frozen=True)
class Heartbeat:
    """What one line says.

    Attributes
    ----------
    session : str
        First 16 hex digits of the session's digest.
    count : int
        Rises with every line of the session.
    sequence : int
        Of the last message that the supervisor accepted.
    remaining_ns : int
        How long READY counts from the making of the line; 0: NOT READY.
    is_beam_on, alarm
        For the screen; they change nothing.
    challenge : str
        The reader's last challenge; empty before the first.
    """

    session: str
    count: int
    sequence: int
    remaining_ns: int
    is_beam_on: bool
    alarm: str
    challenge: str

    @property
    def state(self) -> str:
        """READY or NOT_READY."""
        return "READY" if self.remaining_ns > 0 else "NOT_READY"


def line_of(heartbeat: Heartbeat, key: bytes) -> bytes:
    """Return the signed line."""
    body = _body(heartbeat)
    return _mac(body, key) + b" " + body + b"\n"


def read_line(line: bytes, key: bytes) -> Heartbeat | None:
    """Return what a line says. Fails to: None, for whatever is not signed and whole."""
    mac, separator, body = line[:MAC_DIGITS], line[MAC_DIGITS : MAC_DIGITS + 1], line[65:-1]
    if not (separator == b" " and line.endswith(b"\n") and len(line) <= MAX_LINE_BYTES):
        return None
    if not hmac.compare_digest(mac, _mac(body, key)):
        return None
    try:
        content = json.loads(body)
        state = content.pop("state")
        remaining_ns = content["remaining_ns"]
        heartbeat = Heartbeat(**content)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None  # signed by something that speaks another version
    is_bounded = isinstance(remaining_ns, int) and remaining_ns <= LEASE_NS
    return heartbeat if is_bounded and heartbeat.state == state else None


def is_challenge(line: bytes) -> bool:
    """Whether a line is what a reader may send: 32 hex digits, nothing else."""
    digits = line.rstrip(b"\n")
    return (
        len(line) == CHALLENGE_BYTES
        and len(digits) == CHALLENGE_DIGITS
        and all(digit in b"0123456789abcdef" for digit in digits)
    )


def _body(heartbeat: Heartbeat) -> bytes:
    content = {**asdict(heartbeat), "state": heartbeat.state}
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode("ascii")


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, PREFIX + body, "sha256").hex().encode()
