"""`sessions audit verify`: chooses what a path is, and gathers what speaks for and against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.audit.archive import load_ledger, verify_archive
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.head import HeadClaim
from pipeline.audit.key_files import load_public_key, public_key_beside
from pipeline.audit.keys import PublicKey
from pipeline.audit.kinds import LEDGER_SESSION
from pipeline.audit.ledger_view import LedgerView
from pipeline.audit.lines import open_regular
from pipeline.audit.naming import (
    LEDGER_NAME,
    ledger_beside,
    session_of,
)
from pipeline.audit.reading import entries_of
from pipeline.audit.verify import Trust, Verified, verify_log
from tracking.errors import UsageError


@dataclass(frozen=True)
class VerifyRequest:
    """What to verify, and what lies outside it.

    Attributes
    ----------
    path
        A session's log, a ledger, or a folder with both.
    public_keys, ledger_path
        Where none is given, what lies beside a log is used: the archive's own.
    session
        None: the log's file name says it, where it follows the rule.
    """

    path: Path
    public_keys: tuple[PublicKey, ...] = ()
    heads: tuple[HeadClaim, ...] = ()
    ledger_path: Path | None = None
    session: str | None = None


@dataclass(frozen=True)
class Verification:
    """What came out: logs that hold, faults, and the ledger where one was read."""

    verified: tuple[Verified, ...] = ()
    faults: tuple[TamperError, ...] = ()
    ledger: LedgerView | None = None
    means: tuple[Means, ...] = ()

    @property
    def is_vouched_for(self) -> bool:
        """Whether anything outside the log speaks for whoever signed it."""
        return any(means in self.means for means in (Means.KEY, Means.LEDGER, Means.HEAD))


def verify_path(request: VerifyRequest) -> Verification:
    """Verify a log, a ledger or an archive; a fault is returned, not raised.

    Raises
    ------
    SourceError
        Something cannot be read at all.
    ConfigurationError
        The archive's public key is none.
    UsageError
        Digits without their session, for an archive.
    """
    if not request.public_keys:
        request = replace(request, public_keys=_keys_beside(request.path))
    try:
        if request.path.is_dir():
            return _archive(request)
        if _is_ledger(request.path):
            return _ledger_alone(request)
        return _log(request)
    except TamperError as fault:
        return Verification(faults=(fault,))


def _keys_beside(path: Path) -> tuple[PublicKey, ...]:
    """The archive's own public key, where it lies where sessions put it."""
    known = public_key_beside(path if path.is_dir() else path.parent)
    return (load_public_key(known),) if known.exists() else ()


def _archive(request: VerifyRequest) -> Verification:
    if any(head.printed is None for head in request.heads):
        raise UsageError(
            "--head: digits alone do not say to which log of an archive they belong.",
            remedy="Use --head-file with the whole printed block, or name one log.",
        )
    path = request.ledger_path or request.path / LEDGER_NAME
    ledger = load_ledger(path, request.public_keys, _of_ledger(request))
    report = verify_archive(request.path, ledger, request.public_keys, request.heads)
    means = Trust(request.public_keys, request.heads, ledger, "").means
    return Verification(report.verified, report.faults, ledger, means)


def _ledger_alone(request: VerifyRequest) -> Verification:
    ledger = load_ledger(request.path, request.public_keys, request.heads)
    return Verification(ledger=ledger, means=Trust(request.public_keys, request.heads).means)


def _log(request: VerifyRequest) -> Verification:
    ledger, heads = None, list(request.heads)
    ledger_path = request.ledger_path or ledger_beside(request.path)
    if ledger_path is not None:
        of_ledger = _of_ledger(request)
        ledger = load_ledger(ledger_path, request.public_keys, of_ledger)
        heads = [head for head in heads if head not in of_ledger]
    session = request.session or session_of(request.path)
    trust = Trust(request.public_keys, heads, ledger, session)
    with open_regular(request.path, "The log") as stream:
        found = verify_log(stream, request.path.name, trust)
    return Verification((found,), ledger=ledger, means=trust.means)


def _of_ledger(request: VerifyRequest) -> list[HeadClaim]:
    return [h for h in request.heads if h.printed and h.printed.session == LEDGER_SESSION]


def _is_ledger(path: Path) -> bool:
    try:
        first = next(entries_of(path), None)
    except TamperError:
        return False
    return first is not None and first.session == LEDGER_SESSION
