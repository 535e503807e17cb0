"""What `sessions search` looks for: `verdict:READY after:2026-01-01 air_gap_mm<1.5 n_frames>100`.

All terms must hold. `key:value` compares words (a `*` stands for anything), `<`, `<=`, `>`, `>=`
numbers; of a quantity the median over the session's frames. A word without a key is looked for
in the name. A day, a month, a year or a moment without a time zone is meant in UTC; each stands for
its beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

from tracking.alignment import Alignment
from tracking.decision import Verdict
from tracking.errors import UsageError
from tracking.reasons import Reason

WORDS = (
    "name",
    "origin",
    "device",
    "serial",
    "session_id",
    "plan_id",
    "machine",
    "applicator",
    "software",
    "model",
)
NUMBERS = ("n_frames", "part", "seconds", "n_bytes", "width", "height", "frame_rate_hz")
COUNTED = {"verdict": tuple(map(str, Verdict)), "reason": tuple(map(str, Reason))}
QUANTITIES = tuple(name for name, _ in Alignment().measurements())
SHORT = {"session": "session_id", "plan": "plan_id", "cone": "applicator", "frames": "n_frames"}
RESULT_WORDS = ("software", "model")  # of the replay
DATES = ("after", "before")
DAMAGED = "damaged"
_TERM = re.compile(r"([A-Za-z_]+)(:|<=|>=|<|>)(.+)", re.DOTALL)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2})?)?))?)?")


@dataclass(frozen=True)
class Term:
    """One condition."""

    key: str
    operator: str
    value: str

    @property
    def needs_results(self) -> bool:
        """Whether only a replay tells what it looks for."""
        return self.key in (*COUNTED, *QUANTITIES, *RESULT_WORDS)

    @property
    def number(self) -> float:
        """The value as a number."""
        return float(self.value)

    @property
    def moment_s(self) -> float:
        """The beginning of the date that is the value, in seconds since 1970."""
        moment = _moment(self.value)
        if moment is None:
            raise ValueError(f"{self.value} is no date")
        return moment.timestamp()


def parse_query(words: list[str]) -> list[Term]:
    """Read the terms.

    Raises
    ------
    UsageError
        A key that does not exist, or a value that cannot be meant.
    """
    return [_term(word) for word in words]


def _term(word: str) -> Term:
    found = _TERM.fullmatch(word)
    if found is None:
        is_key = word == DAMAGED
        return Term(DAMAGED, ":", "") if is_key else Term("name", ":", f"*{word}*")
    key, operator, value = SHORT.get(found[1], found[1]), found[2], found[3]
    if key in COUNTED:
        value = value.upper()
    for keys, is_meant, form in (
        (COUNTED, value in COUNTED.get(key, ()), f"one of {', '.join(COUNTED.get(key, ()))}"),
        (DATES, _moment(value) is not None, "a date of the calendar, as 2026-01-31"),
        (WORDS, True, "a word"),
    ):
        if key in keys:
            if operator != ":" or not is_meant:
                raise _refuse(word, f"{key}: and {form}")
            return Term(key, operator, value)
    if key in (*NUMBERS, *QUANTITIES):
        if operator == ":" or not _is_number(value):
            raise _refuse(word, f"{key} with <, <=, > or >= and a number")
        return Term(key, operator, value)
    known = (*COUNTED, *DATES, *WORDS, *NUMBERS, DAMAGED, "a quantity such as air_gap_mm")
    raise _refuse(word, ", ".join(known))


def _moment(text: str) -> datetime | None:
    """The beginning of a year, a month or a day that exists, or a moment; None: none of them."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, rest = found.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{month or '01'}-{rest or '01'}")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False


def _refuse(word: str, expected: str) -> UsageError:
    return UsageError(f"QUERY: {word!r} cannot be looked for.", expected=expected)
