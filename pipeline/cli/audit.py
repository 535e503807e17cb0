"""`sessions audit ...`: keys, verification, the printable head, and reading of audit logs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from tracking.errors import UsageError

if TYPE_CHECKING:
    from pipeline.audit.head import HeadClaim

Log = Annotated[Path, typer.Argument(metavar="LOG", help="SESSION.audit.jsonl, or a ledger.")]
Key = Annotated[Path, typer.Option("--key", help="Private signing key (audit_key.pem).")]
Ledger = Annotated[
    Path | None,
    typer.Option("--chain", "--ledger", metavar="LEDGER", help="The archive's ledger.jsonl."),
]


def build() -> typer.Typer:
    """Return the group of commands about audit logs."""
    group = typer.Typer(help="Audit logs: verify, print, read.", no_args_is_help=True)
    for name, command in (
        ("key", make_key),
        ("ledger", make_ledger),
        ("verify", verify),
        ("head", print_head),
        ("show", show),
        ("seal", seal),
    ):
        group.command(name)(command)
    return group


def make_key(
    *, out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the files.")]
) -> None:
    """Make a signing key, its public key, and a key for patients' pseudonyms."""
    from pipeline.audit.head import grouped
    from pipeline.audit.key_files import make_key_files

    paths, key = make_key_files(out)
    typer.echo(f"key {grouped(key.key_id)}")
    typer.echo(
        f"wrote {paths.private}: stays on this computer, nobody else reads it\n"
        f"wrote {paths.public}: give it to everyone who verifies\n"
        f"wrote {paths.pseudonym}: keep it apart from the archive",
        err=True,
    )


def make_ledger(
    ledger: Annotated[Path, typer.Argument(metavar="LEDGER", help="A new ledger.jsonl.")],
    *,
    key: Key,
) -> None:
    """Start the ledger of a new archive: once, not again."""
    from pipeline.audit.key_files import load_signing_key
    from pipeline.audit.ledger import Ledger as LedgerFile
    from pipeline.audit.reading import head_of
    from pipeline.cli.audit_output import print_head_block

    LedgerFile.create(ledger, load_signing_key(key))
    print_head_block(head_of(ledger), as_json=False)


def verify(
    path: Annotated[
        Path, typer.Argument(metavar="LOG", help="SESSION.audit.jsonl, a ledger, or an archive.")
    ],
    *,
    public_key: Annotated[
        list[Path] | None, typer.Option("--public-key", help="Key to trust; may be repeated.")
    ] = None,
    head: Annotated[
        list[str] | None, typer.Option("--head", metavar="HEX", help="Digits of a printed head.")
    ] = None,
    head_file: Annotated[
        list[Path] | None, typer.Option("--head-file", help="File with a printed block.")
    ] = None,
    head_is_last: Annotated[
        bool,
        typer.Option("--head-is-last", help="The printed heads are the newest: nothing follows."),
    ] = False,
    ledger: Ledger = None,
    session: Annotated[
        str | None,
        typer.Option("--session", help="Id that the log must have; default: its file's name."),
    ] = None,
    untrusted_key: Annotated[
        bool,
        typer.Option(
            "--untrusted-key", help="Take a lone log's own word for who signed it: exit code 0."
        ),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Look for any change of a log, and say what was proven and by which means.

    Used unless others are named: the ledger.jsonl beside the log, and the archive's
    keys/audit_key.pub.pem. Without public key, ledger and printed head nobody vouches for the key:
    a whole log forged with another one is not found, and that is refused too.

    Exit code 6: changed, cut, exchanged or torn, or nobody vouches; 5: cannot be read.
    """
    from pipeline.audit.errors import AuditError
    from pipeline.audit.key_files import load_public_key
    from pipeline.cli.audit_output import print_verification
    from pipeline.verify_audit import VerifyRequest, verify_path

    request = VerifyRequest(
        path=path,
        public_keys=tuple(load_public_key(file) for file in public_key or ()),
        heads=_claims(head or [], head_file or [], is_last=head_is_last),
        ledger_path=ledger,
        session=session,
    )
    found = verify_path(request)
    print_verification(path, found, as_json=as_json)
    if found.faults:
        raise found.faults[0]
    if not (found.is_vouched_for or untrusted_key):
        raise AuditError(
            f"{path}: nobody vouches for the key that signed it.",
            expected="--public-key, a ledger or a printed head",
            actual="the log's own word alone",
            remedy="Name one of them, or verify the log in its archive. With --untrusted-key only "
            "damage and changes by somebody without any key are looked for.",
        )


def print_head(log: Log, *, as_json: options.Json = False) -> None:
    """Print the last signed state of a log, for paper: keep it away from the computer."""
    from pipeline.audit.reading import head_of
    from pipeline.cli.audit_output import print_head_block

    print_head_block(head_of(log), as_json=as_json)


def show(
    log: Log,
    *,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the entries of a log; the hash chain is followed, nothing else is verified."""
    from pipeline.audit.kinds import AuditKind
    from pipeline.cli.audit_output import print_entries

    try:
        kinds = frozenset(AuditKind(name) for name in kind or ())
    except ValueError as error:
        raise UsageError(
            f"--kind: {error}.", expected=", ".join(AuditKind), remedy="Choose one of them."
        ) from error
    print_entries(log, kinds, as_json=as_json)


def seal(log: Log, *, key: Key, ledger: Ledger = None) -> None:
    """End the log of a session that crashed, and say so in it and in the ledger beside it."""
    from pipeline.audit.key_files import load_signing_key
    from pipeline.audit.ledger import Ledger as LedgerFile
    from pipeline.audit.naming import ledger_beside
    from pipeline.audit.seal import seal as seal_log
    from pipeline.cli.audit_output import print_head_block

    signer = load_signing_key(key)
    ledger = ledger or ledger_beside(log)
    head = seal_log(log, signer, None if ledger is None else LedgerFile(ledger, signer))
    print_head_block(head, as_json=False)


def _claims(digits: list[str], files: list[Path], *, is_last: bool) -> tuple[HeadClaim, ...]:
    from dataclasses import replace

    from pipeline.audit.head import MAX_TEXT_BYTES, parse_head_text
    from pipeline.audit.lines import open_regular

    texts = list(digits)
    for path in files:
        with open_regular(path, "The printed head") as stream:
            texts.append(stream.read(MAX_TEXT_BYTES).decode("utf-8", errors="replace"))
    claims = [parse_head_text(text) for text in texts]
    return tuple(replace(claim, is_last=is_last or claim.is_last) for claim in claims)
