"""Every way to change a log that the campaign tries, as lines before any forger ties them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.benchmarks.audit_forger import Line

FIELDS = ("session", "sequence", "kind", "stamp_ns", "wall", "previous", "hash")
N_PAIRS = 200
MAX_CUT_OUT = 5
RARE = ("session_start", "ledger_start", "checkpoint")


@dataclass(frozen=True)
class Change:
    """One changed log.

    Attributes
    ----------
    numbers
        A forger who makes hashes anew numbers the places anew too.
    """

    what: str
    lines: Sequence[Line]
    numbers: bool = True


def edits(lines: Sequence[Line]) -> Iterator[Change]:
    """Every field of every line, and every field of its body, changed once."""
    for place, line in enumerate(lines):
        for field in FIELDS:
            changed = {**line, field: _other(line[field])}
            yield _with(lines, place, changed, f"line {place + 1}, {field}")
        for field, value in line["body"].items():
            changed = {**line, "body": {**line["body"], field: _other(value)}}
            yield _with(lines, place, changed, f"line {place + 1}, body {field}")
        spelt = {**line, "body": {**line["body"], "added": 1}}
        yield _with(lines, place, spelt, f"line {place + 1}, body with a field more")


def deletions(lines: Sequence[Line], seed: int) -> Iterator[Change]:
    """Each line alone, and runs of two to five from each line; never the whole tail."""
    generator = random.Random(seed)  # noqa: S311 - chooses cases, no secrets
    for place in range(len(lines) - 1):
        yield Change(f"without line {place + 1}", [*lines[:place], *lines[place + 1 :]])
        stop = min(place + generator.randint(2, MAX_CUT_OUT), len(lines) - 1)
        if stop > place + 1:
            yield Change(f"without lines {place + 1} to {stop}", [*lines[:place], *lines[stop:]])


def insertions(lines: Sequence[Line]) -> Iterator[Change]:
    """An entry that never was, before each line and behind the last."""
    model = next(line for line in lines if line["kind"] not in RARE)
    false = {**model, "body": {name: _other(value) for name, value in model["body"].items()}}
    for place in range(len(lines) + 1):
        stamp_ns = lines[min(place, len(lines) - 1)]["stamp_ns"]
        fake = {**false, "stamp_ns": stamp_ns, "sequence": place}
        yield Change(f"one more before line {place + 1}", [*lines[:place], fake, *lines[place:]])


def reorderings(lines: Sequence[Line], seed: int) -> Iterator[Change]:
    """Each pair of neighbours exchanged, and pairs further apart."""
    generator = random.Random(seed)  # noqa: S311 - chooses cases, no secrets
    pairs = [(place, place + 1) for place in range(len(lines) - 1)]
    for _ in range(N_PAIRS):
        first, second = sorted(generator.sample(range(len(lines)), 2))
        pairs.append((first, second))
    for first, second in pairs:
        mixed = list(lines)
        mixed[first], mixed[second] = lines[second], lines[first]
        yield Change(f"lines {first + 1} and {second + 1} exchanged", mixed)


def cuts(lines: Sequence[Line]) -> Iterator[Change]:
    """Only the first n lines, for every n."""
    for n in range(len(lines)):
        yield Change(f"only {n} lines", list(lines[:n]))


def forks(lines: Sequence[Line]) -> Iterator[Change]:
    """From each place on another story, with its own proper end."""
    for place in range(1, len(lines) - 2):
        tail = [
            {**line, "body": {**line["body"], "frame_index": line["body"]["frame_index"] + 1}}
            if line["kind"] == "verdict"
            else line
            for line in lines[place:]
        ]
        if any(line["kind"] == "verdict" for line in tail):
            yield Change(f"another story from line {place + 1}", [*lines[:place], *tail])


def replayed_entries(lines: Sequence[Line], seed: int) -> Iterator[Change]:
    """Every line given a second time, somewhere later."""
    generator = random.Random(seed)  # noqa: S311 - chooses cases, no secrets
    for place, line in enumerate(lines[:-1]):
        later = generator.randint(place + 1, len(lines) - 1)
        again = [*lines[:later], line, *lines[later:]]
        yield Change(f"line {place + 1} again as line {later + 1}", again)


def renamed(lines: Sequence[Line], session: str) -> list[Line]:
    """The same lines with another session's id in each."""
    return [{**line, "session": session} for line in lines]


def _with(lines: Sequence[Line], place: int, line: Line, what: str) -> Change:
    return Change(what, [*lines[:place], line, *lines[place + 1 :]], numbers=False)


def _other(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Another value of the same type, as small a change as the type has."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return _turned(value)
    if isinstance(value, list):
        return [*value, "MORE"]
    if isinstance(value, dict):
        return {**value, "more": 1}
    return "was nothing"


def _turned(text: str) -> str:
    """Turn one digit or letter: hexadecimal stays hexadecimal."""
    if not text:
        return "x"
    last = text[-1]
    return text[:-1] + ("0" if last != "0" else "1")
