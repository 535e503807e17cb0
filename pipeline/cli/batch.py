"""`sessions batch`: many sessions on a Dask cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table, shown
from tracking.errors import UsageError

if TYPE_CHECKING:
    from pipeline.batch.compare import Comparison
    from pipeline.batch.table import Batch

WIDTH, SHOWN = 150, 80


def batch(
    archive: Annotated[
        str,
        typer.Argument(metavar="ARCHIVE", help="Folder of .mcap sessions, or s3://... and so on."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for all results.")],
    *,
    rig: Annotated[
        Path | None, typer.Option("--rig", help="Rig for all; default: each session's own.")
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Plan for all; default: each session's own.")
    ] = None,
    catalogue: options.SessionCatalogue = None,
    site: options.Site = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    scheduler: Annotated[
        str,
        typer.Option(
            "--scheduler", metavar="ADDRESS", help="Of a Dask cluster; default: this computer."
        ),
    ] = "",
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes on this computer.")
    ] = 2,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="DIR", help="An earlier batch's --out.")
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit code 6 where a verdict differs from the baseline.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what is done already.")] = False,
    as_json: options.Json = False,
) -> None:
    """Replay every session of an archive; run it again to go on after an interruption.

    A recording in parts is one session, named by its first part, with the memory of all. That the
    last of its parts is missing cannot be seen.
    Exit code 5 where a session failed or ends early: the others are done all the same.
    """
    if gate and baseline is None:
        raise UsageError("--gate: nothing to compare with.", remedy="Name a --baseline.")
    from pipeline.batch.command import BatchRequest, exit_code
    from pipeline.batch.command import batch as run_batch
    from pipeline.cli.progress import progress_bar

    request = BatchRequest(
        archive=archive,
        out=out,
        rig=rig,
        plan=plan,
        catalogue=catalogue,
        site=site,
        segmenter=segmenter.kind,
        scheduler=scheduler,
        n_workers=workers,
        baseline=baseline,
        resume=not fresh,
    )
    with progress_bar("sessions") as report:
        found = run_batch(request, report)
    if as_json:
        print_json(found.to_json())
    else:
        _tell(found, out)
    raise typer.Exit(exit_code(found, is_gate=gate))


def _tell(found: Batch, out: Path) -> None:
    rows = []
    for row in found.rows:
        verdicts = ", ".join(f"{n} {verdict}" for verdict, n in row.verdicts if n)
        ready = "-" if row.first_ready_ms is None else f"{row.first_ready_ms / 1000:.1f} s"
        reason = row.reason if len(row.reason) <= SHOWN else row.reason[: SHOWN - 1] + "…"
        rows.append((row.name, str(row.status), str(row.n_frames), ready, verdicts or reason))
    header = ("session", "status", "frames", "first READY", "")
    print_table(f"Batch of {found.archive}", header, rows, width=WIDTH)
    page = shown(f"{out}/batch.html")
    counts = ", ".join(f"{n} {status}" for status, n in found.counts.items())
    typer.echo(f"{len(found.rows)} sessions ({counts}), {found.n_frames} frames: {page}")
    if found.comparisons is not None:
        changes = ", ".join(f"{n} {change}" for change, n in found.changes.items())
        typer.echo(f"against the baseline: {changes}")
        for c in found.regressions[:20]:
            typer.echo(f"  {shown(c.name)}: {_change(c)}")


def _change(found: Comparison) -> str:
    """What a gate stops at; a session that is gone or failed has no frames to tell of."""
    if found.first_frame is None:
        return found.change
    return f"{found.change}, {found.n_verdicts} verdicts, from frame {found.first_frame}"
