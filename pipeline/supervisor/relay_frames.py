"""The bytes that keep a serial relay closed, and when they come.

Standard library only: the supervisor process imports this. `PROTOCOL.md` says what a relay must do.
"""

from __future__ import annotations

BAUD = 115_200
TOGGLE = (b"\x5a\xc3", b"\xa5\x3c")  # complements, sent alternately while the output is closed
OPEN_FRAME = b"\x00\xff"  # sent once when it opens
TOGGLE_NS = 25_000_000
