"""What a page may say, in which form. The session decides; here only the form is checked.

Fails to: refused, with a code that the page has words for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.session.commands import ClientMessage, message_of

MAX_ID = 2**53  # JSON's whole numbers
COMMANDS = frozenset(
    {
        *("step", "draw", "undo", "redo", "clear", "choose"),
        *("approve", "time_out", "acknowledge", "beam", "report"),
    }
)
QUESTIONS = frozenset({"evidence", "stats"})  # both roles


class Refused(StrEnum):
    """Why the server itself refuses a command; other codes are the session's."""

    NOT_A_COMMAND = "NOT_A_COMMAND"
    TOO_MANY = "TOO_MANY"
    NO_SESSION = "NO_SESSION"


class FormError(ValueError):
    """What came is no message of a page: the connection is closed."""


@dataclass(frozen=True)
class Hello:
    """The first message of a client."""

    role: str
    token: str


@dataclass(frozen=True)
class Drawn:
    """The page has drawn a frame."""

    sequence: int


@dataclass(frozen=True)
class Asked:
    """A command or question with its number; `content` is all but kind and id."""

    kind: str
    id: int
    content: dict[str, Any]

    @property
    def is_command(self) -> bool:
        """Whether it is for the session, and so for a console alone."""
        return self.kind in COMMANDS


def read_hello(text: str) -> Hello:
    """Read the first message. Raises FormError where it is none."""
    table = _table(text)
    role, token = table.get("role"), table.get("token")
    if table.get("kind") != "hello" or not isinstance(role, str) or not isinstance(token, str):
        raise FormError("no hello")
    return Hello(role, token)


def read_said(text: str) -> Drawn | Asked:
    """Read any later message. Raises FormError where it is none."""
    table = _table(text)
    kind = table.pop("kind", None)
    if kind == "drawn":
        return Drawn(_whole(table.get("sequence")))
    if kind not in COMMANDS | QUESTIONS:
        raise FormError("unknown kind")
    return Asked(kind, _whole(table.pop("id", None)), table)


def for_session(asked: Asked) -> ClientMessage:
    """The command as the session takes it. Raises ValueError; its text never repeats a value."""
    return message_of({"kind": asked.kind, **asked.content})


def told(kind: str, **content: object) -> str:
    """A text message to a page."""
    return json.dumps({"kind": kind, **content}, allow_nan=False)


def answer(
    id_: int,
    *,
    accepted: bool,
    why: str = "",
    detail: str = "",
    more: Mapping[str, object] | None = None,
) -> str:
    """The answer to a command."""
    return told("answer", id=id_, accepted=accepted, why=why, detail=detail, **(more or {}))


def _table(text: str) -> dict[str, Any]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormError("no JSON") from error
    if not isinstance(table, dict):
        raise FormError("no table")
    return table


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_ID:
        raise FormError("no whole number")
    return value
