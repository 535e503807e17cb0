"""Why the supervisor did not accept a datagram. A closed set; the value is the code in events.

Standard library only: the supervisor process imports this.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """One guard each; the guards are applied in this order."""

    SIZE = "SIZE"  # not exactly one message long
    MAC = "MAC"  # not sealed with this session's key
    KIND = "KIND"  # sealed, but no message of this version
    SENDER = "SENDER"  # another process than the session's, by the kernel's word
    SESSION = "SESSION"
    PLAN = "PLAN"
    PATIENT = "PATIENT"
    RIG = "RIG"
    MODEL = "MODEL"
    LIMITS = "LIMITS"
    SEQUENCE = "SEQUENCE"  # not above every one accepted before
    FRAME = "FRAME"  # not above every frame accepted before
    FUTURE = "FUTURE"  # issued after now
    STALE = "STALE"  # issued a lease's length ago or more
    FLOOD = "FLOOD"  # more datagrams than a session sends
    PROOF = "PROOF"  # going live before every known-bad stimulus was shown
    BEAM = "BEAM"  # going live with the beam on, or with an output that reads closed
