"""The printable head of a log: what a person keeps on paper, out of a forger's reach."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.audit.entry import HEX_64, SESSION_ID
from tracking.errors import UsageError

TITLE = "AUDIT HEAD"
GROUP = 4  # digits that a person compares at one glance
GROUPS_PER_LINE = 8
CLOSED, OPEN = "closed", "open"
MAX_TEXT_BYTES = 64 * 1024
_LABELS = ("session", "sequence", "head", "key", "time", "state")


@dataclass(frozen=True)
class PrintedHead:
    """The last checkpoint of a log.

    Attributes
    ----------
    sequence
        Of the checkpoint; one less than the entries up to it.
    head
        Its hash, which covers every byte before it.
    is_closed
        The session had ended: nothing may follow the head.
    """

    session: str
    sequence: int
    head: str
    key_id: str
    wall: str | None
    is_closed: bool


@dataclass(frozen=True)
class HeadClaim:
    """What a person holds on paper: at least the hash, at best all that was printed.

    Attributes
    ----------
    is_last
        Nothing may follow it: the session had ended, or the reader knows that this is the newest.
    """

    head: str
    printed: PrintedHead | None = None
    is_last: bool = False


def grouped(digits: str) -> str:
    """Digits in groups of four."""
    return " ".join(digits[i : i + GROUP] for i in range(0, len(digits), GROUP))


def head_text(head: PrintedHead) -> str:
    """The block that is printed and put into a report; `parse_head_text` reads it back."""
    groups = grouped(head.head).split(" ")
    rows = [
        " ".join(groups[i : i + GROUPS_PER_LINE]) for i in range(0, len(groups), GROUPS_PER_LINE)
    ]
    lines = [
        TITLE,
        f"  session   {head.session}",
        f"  sequence  {head.sequence}",
        f"  head      {rows[0]}",
        *(f"            {row}" for row in rows[1:]),
        f"  key       {grouped(head.key_id)}",
        f"  time      {head.wall or 'unknown'}",
        f"  state     {CLOSED if head.is_closed else OPEN}",
    ]
    return "\n".join(lines) + "\n"


def parse_head_text(text: str) -> HeadClaim:
    """Read a printed block, or the digits alone however they are grouped.

    Raises
    ------
    UsageError
        The text is neither.
    """
    fields: dict[str, str] = {}
    label = ""
    for line in text.splitlines():
        first, _, rest = line.strip().partition(" ")
        if first.lower() in _LABELS:
            label, content = first.lower(), rest
        else:
            content = line if label == "head" else ""
        fields[label] = fields.get(label, "") + " " + content
    if "head" not in fields:
        return HeadClaim(_digits(text))
    missing = [name for name in _LABELS if name not in fields]
    values = {name: value.strip() for name, value in fields.items()}
    if missing or not SESSION_ID.fullmatch(values["session"]):
        raise _unreadable(f"no {missing[0]}" if missing else "the session's id is malformed")
    if not re.fullmatch(r"\d{1,18}", values["sequence"]) or values["state"] not in (CLOSED, OPEN):
        raise _unreadable("sequence or state is malformed")
    head = PrintedHead(
        session=values["session"],
        sequence=int(values["sequence"]),
        head=_digits(values["head"]),
        key_id=re.sub(r"\s", "", values["key"]).lower(),
        wall=None if values["time"] == "unknown" else values["time"],
        is_closed=values["state"] == CLOSED,
    )
    return HeadClaim(head.head, head, head.is_closed)


def _digits(text: str) -> str:
    digits = re.sub(r"[\s.:_-]", "", text[:MAX_TEXT_BYTES]).lower()
    if not HEX_64.fullmatch(digits):
        raise _unreadable(f"{len(digits)} characters")
    return digits


def _unreadable(actual: str) -> UsageError:
    return UsageError(
        "The printed head cannot be read.",
        expected="64 hexadecimal digits, or the block that `sessions audit head` prints",
        actual=actual,
        remedy="Compare with the paper; every digit counts.",
    )
