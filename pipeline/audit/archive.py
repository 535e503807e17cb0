"""Verifies a folder of logs as a whole: only so is a file that is gone, or there twice, found."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.audit.errors import Means, TamperError
from pipeline.audit.head import HeadClaim
from pipeline.audit.keys import PublicKey
from pipeline.audit.kinds import LEDGER_SESSION
from pipeline.audit.ledger_view import LedgerView, check_ledger_heads, read_ledger
from pipeline.audit.lines import open_regular
from pipeline.audit.naming import LOG_SUFFIX, session_of
from pipeline.audit.verify import Trust, Verified, verify_log
from tracking.errors import SourceError


@dataclass(frozen=True)
class ArchiveReport:
    """Every log that was verified, and every fault; one bad log does not hide another."""

    verified: tuple[Verified, ...]
    faults: tuple[TamperError, ...]


def load_ledger(
    path: Path, trusted: Collection[PublicKey] = (), heads: Collection[HeadClaim] = ()
) -> LedgerView:
    """Read and check a ledger file; `heads` are printed heads of the ledger itself.

    Raises
    ------
    SourceError
        It cannot be read.
    TamperError
        It was changed, or a printed head of it is not in it.
    """
    with open_regular(path, "The ledger") as stream:
        view = read_ledger(stream, path.name, trusted)
    check_ledger_heads(view, heads)
    return view


def verify_archive(
    folder: Path,
    ledger: LedgerView,
    public_keys: Collection[PublicKey] = (),
    heads: Collection[HeadClaim] = (),
) -> ArchiveReport:
    """Verify every log of a folder against the ledger, and the ledger against the folder.

    Parameters
    ----------
    heads : collection of HeadClaim
        Printed blocks; each is held against the log of its session.

    Raises
    ------
    SourceError
        The folder cannot be read.
    """
    verified: list[Verified] = []
    faults: list[TamperError] = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.name.endswith(LOG_SUFFIX))
    except OSError as error:
        raise SourceError(
            f"The archive {folder}: cannot be read.", actual=error.strerror or str(error)
        ) from error
    for path in paths:
        trust = Trust(public_keys, _heads_of(heads, path), ledger, session_of(path))
        try:
            with open_regular(path, "The log") as stream:
                verified.append(verify_log(stream, path.name, trust))
        except TamperError as fault:
            faults.append(fault)
    faults += _missing({session_of(path) for path in paths}, ledger, heads)
    return ArchiveReport(tuple(verified), tuple(faults))


def _heads_of(heads: Collection[HeadClaim], path: Path) -> list[HeadClaim]:
    session = session_of(path)
    return [head for head in heads if head.printed and head.printed.session == session]


def _missing(
    present: set[str | None], ledger: LedgerView, heads: Collection[HeadClaim]
) -> Iterator[TamperError]:
    for session in ledger.sessions:
        if session not in present:
            yield _gone(ledger.name, session, Means.LEDGER)
    for head in heads:
        session = head.printed.session if head.printed else ""
        is_known = session in present or session in ledger.sessions or session == LEDGER_SESSION
        if session and not is_known:
            yield _gone("printed head", session, Means.HEAD)


def _gone(name: str, session: str, means: Means) -> TamperError:
    return TamperError(
        name,
        None,
        means,
        "the log of a session is gone",
        expected=session + LOG_SUFFIX,
        actual="no such file in the archive",
    )
