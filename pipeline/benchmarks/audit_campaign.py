"""Tampers with an archive of audit logs in every way that it knows, and counts what is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pipeline.benchmarks import audit_cases as cases
from pipeline.benchmarks.audit_cases import Change
from pipeline.benchmarks.audit_forger import (
    Forger,
    Line,
    bytes_of,
    ledger_for,
    lines_of,
    rehashed,
)
from pipeline.benchmarks.audit_reader import Forged, Reader, Readers
from pipeline.benchmarks.audit_scene import CASE, OTHERS, Scene
from recordings.progress import Report

NEW_NAME = "s-next"
SIGNING_STRIDE = 7  # shares no factor with the number of fields of an entry
LOG_FORGERS = tuple(Forger)
LEDGER_FORGERS = (Forger.HAND, Forger.HASHES, Forger.OWN_KEY, Forger.KEY)


@dataclass
class Tally:
    """Cases of one class by one forger, counted by the weakest reader who found them."""

    attack: str
    forger: Forger
    n_cases: int = 0
    found: Counter[Reader] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def n_found(self, reader: Reader) -> int:
        """How many a reader with this at hand finds."""
        return sum(n for first, n in self.found.items() if first <= reader)

    def count(self, what: str, first: Reader | None) -> None:
        """Count one case."""
        self.n_cases += 1
        if first is None:
            self.missed.append(what)
        else:
            self.found[first] += 1


def log_changes(scene: Scene, seed: int) -> Mapping[str, Callable[[], Iterable[Change]]]:
    """Classes of changes to the log of the case."""
    lines = lines_of(scene.logs[CASE])
    return {
        "edit": lambda: cases.edits(lines),
        "delete": lambda: cases.deletions(lines, seed),
        "insert": lambda: cases.insertions(lines),
        "reorder": lambda: cases.reorderings(lines, seed),
        "cut tail": lambda: cases.cuts(lines),
        "fork": lambda: cases.forks(lines),
        "replace": lambda: _replacements(scene, lines),
        "replay (entry)": lambda: cases.replayed_entries(lines, seed),
    }


def ledger_changes(scene: Scene, seed: int) -> Mapping[str, Callable[[], Iterable[Change]]]:
    """Classes of changes to the ledger."""
    lines = lines_of(scene.ledger)
    return {
        "ledger: edit": lambda: cases.edits(lines),
        "ledger: delete": lambda: cases.deletions(lines, seed),
        "ledger: insert": lambda: cases.insertions(lines),
        "ledger: reorder": lambda: cases.reorderings(lines, seed),
        "ledger: cut tail": lambda: cases.cuts(lines),
    }


def run_campaign(
    scene: Scene, seed: int, report: Report, stride: int = SIGNING_STRIDE
) -> list[Tally]:
    """Try every class with every forger; a change that leaves the bytes alone is no case.

    Parameters
    ----------
    stride : int
        Forgers who sign try every so manieth change to the log only: each costs many signatures.
    """
    readers = Readers(scene)
    tallies: list[Tally] = []
    logs, ledgers = log_changes(scene, seed), ledger_changes(scene, seed)
    total = len(logs) * len(LOG_FORGERS) + len(ledgers) * len(LEDGER_FORGERS) + 2
    for attack, changes in logs.items():
        for forger in LOG_FORGERS:
            tallies.append(
                _try_log(scene, readers, attack, _chosen(changes(), forger, stride), forger)
            )
            report(len(tallies), total)
    tallies += _replayed_sessions(scene, readers)
    tallies += _deleted_files(scene, readers)
    for attack, changes in ledgers.items():
        for forger in LEDGER_FORGERS:
            tallies.append(_try_ledger(scene, readers, attack, changes(), forger))
            report(min(len(tallies), total), total)
    return tallies


def _chosen(changes: Iterable[Change], forger: Forger, stride: int) -> Iterable[Change]:
    return islice(changes, 0, None, 1 if forger in (Forger.HAND, Forger.HASHES) else stride)


def forged_log(scene: Scene, lines: Sequence[Line], forger: Forger, *, numbers: bool) -> bytes:
    """The changed log as this forger leaves it."""
    if forger is Forger.HAND:
        return bytes_of(lines)
    signers = {Forger.HASHES: None, Forger.OWN_KEY: scene.other_key}
    return bytes_of(rehashed(lines, signers.get(forger, scene.key), numbers=numbers))


def _try_log(
    scene: Scene, readers: Readers, attack: str, changes: Iterable[Change], forger: Forger
) -> Tally:
    tally = Tally(attack, forger)
    for change in changes:
        log = forged_log(scene, change.lines, forger, numbers=change.numbers)
        if log == scene.logs[CASE]:
            continue
        ledger = scene.ledger
        if forger is Forger.KEY_AND_LEDGER:
            ledger = ledger_for(scene.ledger, lines_of(log), scene.key)
        tally.count(change.what, readers.first_to_find(Forged(CASE, log, ledger)))
    return tally


def _try_ledger(
    scene: Scene, readers: Readers, attack: str, changes: Iterable[Change], forger: Forger
) -> Tally:
    tally = Tally(attack, forger)
    for change in changes:
        ledger = forged_log(scene, change.lines, forger, numbers=change.numbers)
        if ledger != scene.ledger:
            tally.count(change.what, readers.first_to_find_ledger(ledger, scene.logs))
    return tally


def _replacements(scene: Scene, lines: Sequence[Line]) -> Iterator[Change]:
    """Other sessions' logs, and every older state of this one with its end attached."""
    for session in OTHERS:
        other = lines_of(scene.logs[session])
        yield Change(f"the log of {session}", other)
        yield Change(f"the log of {session}, renamed", cases.renamed(other, CASE))
    for place, line in enumerate(lines[:-2]):
        if line["kind"] == "checkpoint":
            yield Change(f"as it was at line {place + 1}", [*lines[: place + 1], *lines[-2:]])


def _replayed_sessions(scene: Scene, readers: Readers) -> list[Tally]:
    """An old session's log handed in as that of a session that never was."""
    tallies = []
    for forger in LOG_FORGERS:
        tally = Tally("replay (session)", forger)
        for session, data in scene.logs.items():
            lines = lines_of(data)
            if forger is not Forger.HAND:
                lines = cases.renamed(lines, NEW_NAME)
            ledger = scene.ledger
            if forger is Forger.KEY_AND_LEDGER:
                lines, ledger = _with_session(scene, lines)
            log = forged_log(scene, lines, forger, numbers=True)
            tally.count(
                f"the log of {session}", readers.first_to_find(Forged(NEW_NAME, log, ledger))
            )
        tallies.append(tally)
    return tallies


def _with_session(scene: Scene, lines: Sequence[Line]) -> tuple[list[Line], bytes]:
    """Forge an opening and a closing into the ledger, and the anchor into the log."""
    ledger = lines_of(scene.ledger)
    opening = next(line for line in ledger if line["kind"] == "session_opened")
    closing = next(line for line in ledger if line["kind"] == "session_closed")
    named = [{**line, "body": {**line["body"], "session": NEW_NAME}} for line in (opening, closing)]
    more = [named[0], ledger[-1], named[1], ledger[-1]]
    forged = rehashed([*ledger, *more], scene.key, numbers=True)
    anchor = {"sequence": len(ledger) + 1, "head": forged[len(ledger) + 1]["hash"]}
    start = {**lines[0], "body": {**lines[0]["body"], "ledger": anchor}}
    log = rehashed([start, *lines[1:]], scene.key, numbers=True)
    return log, ledger_for(bytes_of(forged), log, scene.key)


def _deleted_files(scene: Scene, readers: Readers) -> list[Tally]:
    """One log gone from the archive; the mightier forger takes it out of the ledger too."""
    hand, mighty = (
        Tally("delete a whole log", forger) for forger in (Forger.HAND, Forger.KEY_AND_LEDGER)
    )
    for session in scene.logs:
        rest = {name: log for name, log in scene.logs.items() if name != session}
        hand.count(session, readers.first_to_find_ledger(scene.ledger, rest))
        lines = lines_of(scene.ledger)
        kept: list[Line] = []
        for line, following in zip(lines[::2], lines[1::2], strict=True):
            if line["body"].get("session") != session:
                kept += [line, following]
        forged = bytes_of(rehashed(kept, scene.key, numbers=True))
        mighty.count(session, readers.first_to_find_ledger(forged, rest))
    return [hand, mighty]
