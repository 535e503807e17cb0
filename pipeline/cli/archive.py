"""`sessions info|catalogue|list|search`: what recordings hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table, shown
from pipeline.cli.progress import progress_bar
from pipeline.cli.session_file import require_session
from tracking.errors import SourceError, UsageError

if TYPE_CHECKING:
    from recordings.catalogue.facts import SessionFacts
    from recordings.catalogue.scan import Scan
    from recordings.catalogue.store import Catalogue

WIDTH = 160
NO_RESULTS = (
    "note: no session's results are known, so that no verdict, reason or quantity can be found.\n"
    "  what to do: name the --out of `sessions batch` over this archive with --results."
)
Archive = Annotated[Path, typer.Argument(metavar="ARCHIVE", help="Folder of .mcap sessions.")]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PLACE",
        help="File, sqlite:///FILE or postgresql:// URL; default: ARCHIVE/catalogue.sqlite.",
    ),
]
Results = Annotated[
    Path | None,
    typer.Option("--results", metavar="DIR", help="The --out of `sessions batch`: verdicts too."),
]


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .mcap session.")],
    *,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every frame: finds any damage.")
    ] = False,
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts", metavar="DIR", help="Write rig.toml, plan.toml and what else it carries."
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say what a session holds; exit code 5 where it is damaged."""
    from pipeline.export.header import header_lines, write_texts
    from recordings.catalogue.facts import read_facts
    from recordings.naming import file_name

    require_session(file)
    facts = read_facts(file, file_name(file), deep=deep)
    if as_json:
        print_json({**_json(facts), "header": dict(header_lines(file))})
    else:
        for name, value in (*_about(facts), *header_lines(file)):
            typer.echo(f"{name:<12} {shown(value)}")
    if texts is not None:
        write_texts(file, texts)
    raise typer.Exit(SourceError.exit_code if facts.damage else 0)


def catalogue(
    archive: Archive,
    *,
    store: Store = None,
    results: Results = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every frame of what is read anew.")
    ] = False,
    rebuild: Annotated[
        bool,
        typer.Option(
            "--rebuild",
            help="Read everything, not only what has changed; a damaged catalogue is put aside.",
        ),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Bring an archive's catalogue up to its files; it can be made anew from them at any time."""
    with _opened(archive, store, anew=rebuild) as index:
        if index.put_aside is not None:
            typer.echo(f"note: it was damaged, and lies now in {index.put_aside.name}", err=True)
        done = _scanned(archive, index, results, deep=deep, anew=rebuild)
        if as_json:
            print_json({"catalogue": index.name, **asdict(done)})
            return
        typer.echo(
            f"{index.name}: {done.n_sessions} sessions, {done.n_read} read, {done.n_gone} gone, "
            f"{done.n_damaged} damaged"
        )


def list_all(
    archive: Archive, *, store: Store = None, results: Results = None, as_json: options.Json = False
) -> None:
    """List the sessions of an archive."""
    _found(archive, [], store, results, as_json=as_json)


def search(
    archive: Archive,
    query: Annotated[
        list[str],
        typer.Argument(
            metavar="QUERY...",
            help="verdict:READY reason:NO_BED cone:MOB-* plan:ID serial:S session:ID "
            "after:2026-01-31 before:... air_gap_mm<1.5 frames>100 damaged, or a part of the name; "
            "all must hold.",
        ),
    ],
    *,
    store: Store = None,
    results: Results = None,
    as_json: options.Json = False,
) -> None:
    """Find sessions; a quantity is compared by its median over the session."""
    _found(archive, query, store, results, as_json=as_json)


def _found(
    archive: Path, words: list[str], store: str | None, results: Path | None, *, as_json: bool
) -> None:
    from recordings.catalogue.query import parse_query

    terms = parse_query(words)
    with _opened(archive, store) as index:
        _scanned(archive, index, results)
        found = index.find(terms)
        if any(term.needs_results for term in terms) and not index.has_results():
            typer.echo(NO_RESULTS, err=True)
    if as_json:
        print_json({"sessions": [_json(facts) for facts in found]})
        return
    rows = [_row(facts) for facts in found]
    header = ("session", "recorded", "origin", "serial", "cone", "plan", "frames", "s", "MB", "")
    print_table(f"Sessions of {archive}", header, rows, width=WIDTH)
    typer.echo(f"{len(found)} sessions")


@contextmanager
def _opened(archive: Path, store: str | None, *, anew: bool = False) -> Iterator[Catalogue]:
    from recordings.catalogue.store import Catalogue, default_address

    if not archive.is_dir():
        raise UsageError("ARCHIVE is no folder.", actual=str(archive))
    index = Catalogue(store or default_address(archive), anew=anew)
    try:
        yield index
    finally:
        index.close()


def _scanned(
    archive: Path,
    index: Catalogue,
    results: Path | None,
    *,
    deep: bool = False,
    anew: bool = False,
) -> Scan:
    from recordings.catalogue.scan import scan

    with progress_bar("sessions") as report:
        return scan(archive, index, report, results=results, deep=deep, anew=anew)


def _row(facts: SessionFacts) -> tuple[str, ...]:
    verdicts = ", ".join(f"{n} {verdict}" for verdict, n in facts.verdicts.items() if n)
    return (
        facts.name,
        facts.recorded_at[:16],
        facts.origin,
        facts.serial,
        facts.applicator,
        facts.plan_id,
        "-" if facts.n_frames is None else str(facts.n_frames),
        "-" if facts.seconds is None else f"{facts.seconds:.0f}",
        f"{facts.n_bytes / 1e6:.1f}",
        facts.damage[:60] or verdicts,
    )


def _about(facts: SessionFacts) -> list[tuple[str, str]]:
    told = [
        ("file", f"{facts.name}, {facts.n_bytes / 1e6:.1f} MB"),
        ("damage", facts.damage or "none seen"),
    ]
    if not facts.origin:
        return told
    per_minute = ""
    if facts.seconds:
        per_minute = f", {facts.n_bytes / 1e6 / facts.seconds * 60:.0f} MB a minute"
    n_frames = "unknown" if facts.n_frames is None else str(facts.n_frames)
    seconds = "" if facts.seconds is None else f", {facts.seconds:.1f} s"
    return [
        *told,
        ("origin", facts.origin),
        ("recorded", facts.recorded_at or "the file does not say"),
        ("camera", f"{facts.device} {facts.serial}".strip() or "the file does not say"),
        ("picture", f"{facts.width}x{facts.height} at {facts.frame_rate_hz:g} Hz"),
        ("frames", f"{n_frames}{seconds}{per_minute}"),
        ("plan", facts.plan_id or "none embedded"),
        ("applicator", facts.applicator or "-"),
        ("machine", facts.machine or "-"),
    ]


def _json(facts: SessionFacts) -> dict[str, object]:
    table = asdict(facts)
    del table["stamp"]
    return table
