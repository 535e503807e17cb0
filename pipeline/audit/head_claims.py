"""Holds printed heads against a log while it is read."""

from __future__ import annotations

from collections.abc import Collection

from pipeline.audit.entry import Entry
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.head import HeadClaim
from pipeline.audit.kinds import AuditKind


class HeadClaims:
    """Finds each printed head in the log, or says where it should stand."""

    def __init__(self, name: str, claims: Collection[HeadClaim]) -> None:
        self._name = name
        self._claims = tuple(claims)
        self._found: dict[str, int] = {}

    def take(self, entry: Entry) -> None:
        """Raise TamperError where a printed head speaks against this entry."""
        for claim in self._claims:
            if claim.head == entry.hash:
                self._found[claim.head] = entry.sequence
            self._compare(claim, entry)

    def _compare(self, claim: HeadClaim, entry: Entry) -> None:
        printed = claim.printed
        if printed is None:
            return
        if entry.kind is AuditKind.SESSION_START:
            for what, expected, actual in (
                ("of another session", printed.session, entry.session),
                ("signed with another key", printed.key_id, str(entry.body["key"])),
            ):
                if expected != actual:
                    raise self._fault(entry.sequence + 1, f"the log is {what}", expected, actual)
        if entry.sequence == printed.sequence and entry.hash != printed.head:
            raise self._fault(
                entry.sequence + 1,
                "the log differs from its printed head",
                printed.head,
                entry.hash,
            )

    def finish(self, last: Entry) -> list[str]:
        """Say how much follows each head; raise TamperError for a head that did not come."""
        notes = []
        for claim in self._claims:
            at = self._found.get(claim.head)
            if at is None:
                raise self._fault(
                    None,
                    "the printed head is not in this log: changed, cut before it, or replaced",
                    claim.head,
                    f"{last.sequence + 1} entries without it",
                )
            n_after = last.sequence - at
            if n_after and claim.is_last:
                raise self._fault(
                    at + 2, "the log goes on after its printed end", "nothing", f"{n_after} entries"
                )
            notes.append(f"the printed head stands at line {at + 1}, {n_after} entries follow it")
        return notes

    def _fault(self, line: int | None, what: str, expected: str, actual: str) -> TamperError:
        return TamperError(self._name, line, Means.HEAD, what, expected=expected, actual=actual)
