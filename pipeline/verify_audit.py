"""`sessions audit verify`: chooses what a path is, and gathers what speaks for and against it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.audit.archive import load_ledger, verify_archive
from pipeline.audit.errors import Means, TamperError
from pipeline.audit.head import HeadClaim
from pipeline.audit.keys import PublicKey
from pipeline.audit.kinds import LEDGER_SESSION
from pipeline.audit.ledger_view import LedgerView
from pipeline.audit.lines import open_regular
from pipeline.audit.naming import LEDGER_NAME, session_of
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


def verify_path(request: VerifyRequest) -> Verification:
    """Verify a log, a ledger or an archive; a fault is returned, not raised.

    Raises
    ------
    SourceError
        Something cannot be read at all.
    UsageError
        Digits without their session, for an archive.
    """
    try:
        if request.path.is_dir():
            return _archive(request)
        if _is_ledger(request.path):
            return _ledger_alone(request)
        return _log(request)
    except TamperError as fault:
        return Verification(faults=(fault,))


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
    if request.ledger_path is not None:
        of_ledger = _of_ledger(request)
        ledger = load_ledger(request.ledger_path, request.public_keys, of_ledger)
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
