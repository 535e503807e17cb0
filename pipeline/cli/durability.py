"""`sessions verify|recover`: is a recording whole, and what can be saved of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, shown
from pipeline.cli.progress import progress_bar
from pipeline.cli.session_file import require_session
from recordings.naming import SESSION_SUFFIX
from tracking.errors import SourceError, UsageError

if TYPE_CHECKING:
    from recordings.session.recover import Gap
    from recordings.session.verify import Verification

N_SHOWN = 10


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .mcap session.")],
    *,
    as_json: options.Json = False,
) -> None:
    """Say whether a session is whole, every hash checked; exit code 5 where it is damaged."""
    from recordings.naming import file_name
    from recordings.session.neighbours import about_file
    from recordings.session.recover import Salvage, survey_salvage, told_recovery
    from recordings.session.verify import verify_session

    require_session(file)
    with progress_bar("frames") as report:
        found = verify_session(file, report)
    salvage = Salvage(found.n_frames, ())
    if not found.is_whole:
        with progress_bar("whole frames") as report:
            salvage = survey_salvage(file, report)
    part, lost = about_file(file), told_recovery(file)
    if as_json:
        told = {
            "file": file_name(file),
            "is_whole": found.is_whole,
            "part": part,
            "recovered": lost,
            **asdict(found),
        }
        print_json({**told, "recoverable": asdict(salvage)})
    else:
        _show(file, found, salvage.gaps)
        for name, text in (("part", part), ("recovered", lost)):
            if text:
                typer.echo(f"{name:<12} {text}")
        if not found.is_whole:
            typer.echo(
                f"recoverable  {salvage.n_frames} frames: sessions recover {shown(file.name)} OUT"
            )
    raise typer.Exit(0 if found.is_whole else SourceError.exit_code)


def recover(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A damaged .mcap session.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new .mcap file.")],
    *,
    as_json: options.Json = False,
) -> None:
    """Write every whole frame to a new session, before and behind the damage."""
    from recordings.session.neighbours import about_file
    from recordings.session.recover import recover as run_recover

    require_session(file)
    if out.suffix != SESSION_SUFFIX:
        raise UsageError(f"OUT must name an {SESSION_SUFFIX} file.", actual=str(out))
    with progress_bar("frames") as report:
        done = run_recover(file, out, report)
    if as_json:
        print_json({"out": str(out), **asdict(done)})
        return
    typer.echo(f"{out}: {done.n_frames} whole frames")
    for gap in done.gaps:
        typer.echo(f"  lost: {_told(gap)}")
    if part := about_file(file):
        typer.echo(f"  this file alone: part {part}")


def _show(file: Path, found: Verification, gaps: tuple[Gap, ...]) -> None:
    damage, order = found.damage, found.order
    typer.echo(f"file         {shown(file.name)}, {file.stat().st_size / 1e6:.1f} MB")
    typer.echo(f"frames       {found.n_frames} whole{' before the damage' if damage else ''}")
    if found.n_left_out:
        typer.echo(f"numbers      {found.n_left_out} between lowest and highest have no frame")
    typer.echo(f"damage       {damage or 'none: every checksum and hash matches'}")
    for line in order[:N_SHOWN]:
        typer.echo(f"order        {line}")
    if len(order) > N_SHOWN:
        typer.echo(f"order        {len(order) - N_SHOWN} more")
    for gap in gaps:
        typer.echo(f"lost         {_told(gap)}")


def _told(gap: Gap) -> str:
    n_frames = "an unknown number of frames" if gap.n_lost is None else f"{gap.n_lost} frames"
    after, before = gap.after_frame_index, gap.before_frame_index
    where = "at the start" if after is None else f"after frame {after}"
    return f"{n_frames} {where}{'' if before is None else f', before frame {before}'}"
