"""What goes wrong with an audit log, told so that a person can act."""

from __future__ import annotations

from enum import StrEnum

from tracking.errors import FaultError


class Means(StrEnum):
    """By what a change was found."""

    CHAIN = "hash chain"
    SIGNATURE = "signatures"
    ENDING = "ending"
    NAME = "session id"
    KEY = "public key"
    LEDGER = "ledger"
    HEAD = "printed head"


class TamperError(FaultError):
    """A log is not what was written: changed, cut, exchanged, or torn by a crash.

    Parameters
    ----------
    name : str
        Of the file, as a person knows it.
    line : int or None
        Counted from 1; None where no single line is at fault.
    means : Means
        What found it.
    """

    def __init__(
        self,
        name: str,
        line: int | None,
        means: Means,
        what: str,
        *,
        expected: str = "",
        actual: str = "",
        remedy: str = "",
    ) -> None:
        self.name = name
        self.line = line
        self.means = means
        place = name if line is None else f"{name}, line {line}"
        super().__init__(
            f"{place}: {what} (found by: {means})",
            expected=expected,
            actual=actual,
            remedy=remedy
            or "Do not rely on this log; look for a copy, and for who could write it.",
        )


class AuditError(FaultError):
    """The log cannot be written; the session must not be READY without it."""
