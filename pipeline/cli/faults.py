"""`faults`: the fault campaigns."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tracking.errors import UsageError


class Level(StrEnum):
    """Where the faults strike."""

    KERNEL = "kernel"
    GUARDS = "guards"
    IMAGES = "images"
    INPUTS = "inputs"
    NOMINAL = "nominal"


def faults(
    level: Annotated[Level, typer.Argument(help="Where the faults strike.")] = Level.KERNEL,
    *,
    cases: Annotated[
        int | None,
        typer.Option(
            "--cases",
            min=1,
            help="Of each class: kernel 1000, guards 10, images 60; in all: inputs 5000; "
            "minutes: nominal 20.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Chooses the sessions.")] = 0,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file.")
    ] = None,
) -> None:
    """Inject faults into sessions that are READY without them; nothing may stay READY.

    kernel: the gate and the supervisor's lease, numbers drawn, every class many times.
    guards: the same with each guard switched off in turn: its absence must show.
    images: whole pictures through the shipped model, as in a replay: some minutes.
    inputs: wrong plan, patient, mirror, unit, cone and bevel, from the files to the gate.
    nominal: the price: how often sessions well inside their plan are not READY.
    Exit code 1 where a READY was false, a reason wrong, or a guard not missed.
    """
    if json_path is not None and not json_path.parent.is_dir():
        raise UsageError(
            f"--json: there is no folder {json_path.parent}.", remedy="Make it, or name another."
        )
    from pipeline.cli.progress import progress_bar
    from pipeline.faults.command import FaultsRequest, run_faults

    request = FaultsRequest(level.value, seed, cases, json_path)
    with progress_bar(f"faults {level}") as report:
        code = run_faults(request, report)
    raise typer.Exit(code)
