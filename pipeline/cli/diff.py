"""`sessions diff`: two runs, or two archives of runs, held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table
from tracking.errors import FaultError, UsageError

if TYPE_CHECKING:
    from pipeline.diff.compare import RunDiff
    from pipeline.diff.page import Entry

WIDTH = 130
Run = Annotated[
    Path,
    typer.Argument(
        help="Folder of `replay`, a records.jsonl, the recording of a live session (what was "
        "decided then), or an archive of any of them."
    ),
]


def diff(
    a: Run,
    b: Run,
    *,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the comparison as a page.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option("--png", help="Draw the comparison of two single runs.")
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit code 6 where any verdict differs.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Compare two runs over the same frames: verdicts, quantities, first differing frame."""
    if html is not None and html == png:
        raise UsageError("--html and --png name one file.", actual=str(html))
    for option, path in (("--html", html), ("--png", png)):
        if path is not None and (path.exists() or not path.parent.is_dir()):
            raise UsageError(f"{option} must name a new file.", actual=str(path))
    from pipeline.diff.command import compare_all

    entries = compare_all(a, b, with_pictures=html is not None or png is not None)
    if png is not None:
        if len(entries) != 1 or not entries[0].png:
            raise UsageError("--png draws two single runs.", remedy="Use --html for archives.")
        _write(png, entries[0].png)
    if html is not None:
        from pipeline.diff.page import page

        _write(html, page(str(a), str(b), entries).encode())
    if as_json:
        sessions = [{"name": e.name, **_json(e)} for e in entries]
        print_json({"a": str(a), "b": str(b), "sessions": sessions})
    elif len(entries) == 1 and entries[0].diff is not None:
        _tell_run(entries[0].diff)
    else:
        _tell_archive(entries)
    differs = any(e.diff is None or e.diff.n_verdicts for e in entries)
    raise typer.Exit(FaultError.exit_code if gate and differs else 0)


def _json(entry: Entry) -> dict[str, object]:
    if entry.failure:
        return {"failure": entry.failure}
    return {"only_a": entry.only_a} if entry.diff is None else entry.diff.to_json()


def _write(path: Path, content: bytes) -> None:
    """Write a new file, or leave none."""
    try:
        path.write_bytes(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _tell_run(found: RunDiff) -> None:
    if found.is_same:
        typer.echo(f"The same: {found.n_a} frames.")
        if found.ids:
            print_table("Identities", ("", "A", "B"), found.ids, width=WIDTH)
        return
    typer.echo(
        f"First difference: frame {found.first_frame} ({', '.join(found.first_keys)}). "
        f"{found.n_differing} frames differ, {found.n_only_a} only in A, {found.n_only_b} only in "
        f"B; {found.n_verdicts} verdicts differ."
    )
    if found.ids:
        print_table("Identities", ("", "A", "B"), found.ids, width=WIDTH)
    if found.verdict_changes:
        stretches = [
            (f"{c.first_frame} to {c.last_frame}", str(c.n_frames), c.a, c.b)
            for c in found.verdict_changes
        ]
        print_table("Verdicts", ("frames", "how many", "A", "B"), stretches, width=WIDTH)
    if found.reasons:
        reasons = [(name, str(one), str(two)) for name, one, two in found.reasons]
        print_table("Reasons", ("", "frames in A", "in B"), reasons, width=WIDTH)
    rows = [
        (
            q.name,
            str(q.n_both),
            str(q.n_only_a),
            str(q.n_only_b),
            f"{q.rms:.4f}",
            f"{q.largest:+.4f}",
            f"{q.largest_sigmas:.2f}",
            "-" if q.at_frame is None else str(q.at_frame),
        )
        for q in found.quantities
        if not q.is_same
    ]
    header = ("", "both", "only A", "only B", "rms", "largest", "in sigma", "at frame")
    print_table("Quantities, B less A", header, rows, width=WIDTH)


def _tell_archive(entries: list[Entry]) -> None:
    rows = []
    for entry in entries:
        found = entry.diff
        if found is None and entry.failure:
            rows.append((entry.name, "not read", "", "", ""))
            typer.echo(f"{entry.name}: {entry.failure}", err=True)
            continue
        if found is None:
            rows.append((entry.name, f"only {'A' if entry.only_a else 'B'}", "", "", ""))
            continue
        word = "same" if found.is_same else ("verdict" if found.n_verdicts else "differs")
        first = "-" if found.first_frame is None else str(found.first_frame)
        rows.append((entry.name, word, first, str(found.n_differing), str(found.n_verdicts)))
    header = ("session", "", "first frame", "frames", "verdicts")
    print_table("Comparison of archives", header, rows, width=WIDTH)
    n_same = sum(e.diff is not None and e.diff.is_same for e in entries)
    typer.echo(f"{len(entries)} sessions, {n_same} the same")
