"""`model check|bench|evaluate`: judge the segmentation model before a patient waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options
from pipeline.cli.output import print_json, print_table
from tracking.errors import SourceError, UsageError

if TYPE_CHECKING:
    from models.onnx_segmenter import OnnxSegmenter

MANIFEST_NAME = "segmenter.json"
Manifest = Annotated[
    Path | None,
    typer.Option("--manifest", help="The model's manifest; default: the one that comes along."),
]


def build() -> typer.Typer:
    """Return the group of commands about segmentation models."""
    group = typer.Typer(help="The segmentation model.", no_args_is_help=True)
    group.command("check")(check)
    group.command("bench")(bench)
    group.command("evaluate")(evaluate)
    return group


def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help=f"Holds {MANIFEST_NAME} and weights.")
    ] = None,
    *,
    manifest: Manifest = None,
    as_json: options.Json = False,
) -> None:
    """Load a model: size, hash, structure, signature and known answer checked, in this order."""
    if folder is not None and manifest is not None:
        raise UsageError("FOLDER and --manifest name two models.", remedy="Leave one of them out.")
    segmenter = _load(manifest if folder is None else folder / MANIFEST_NAME)
    found = segmenter.manifest
    if as_json:
        contract = found.model_dump(mode="json", by_alias=True, exclude={"known_answer"})
        print_json({"ids": {"model": found.model_id}, "manifest": contract})
    else:
        typer.echo(f"{found.model_id}: can be used.", err=True)


def bench(
    *,
    manifest: Manifest = None,
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, help="How often the frames are gone through.")
    ] = 20,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Chooses the simulated frames.")] = 0,
    as_json: options.Json = False,
) -> None:
    """Time segmenting at 848x480, stage by stage; prints machine, figures and goals."""
    from pipeline.benchmarks.machine import machine_line
    from pipeline.benchmarks.printing import goal_line
    from pipeline.benchmarks.segmentation import time_segmenter
    from pipeline.cli.progress import progress_bar

    segmenter = _load(manifest)
    with progress_bar("model bench") as report:
        found = time_segmenter(segmenter, seed, report, n_rounds=rounds)
    machine = machine_line(seed)
    if as_json:
        goals = [
            {"name": g.name, "value": g.value, "limit": g.limit, "is_met": g.is_met}
            for g in found.goals
        ]
        ids = {"model": segmenter.model_id}
        print_json({"ids": ids, "machine": machine, "seed": seed, "goals": goals, **found.data})
        return
    typer.echo(f"{machine}, model {segmenter.model_id}")
    for table in found.tables:
        print_table(table.title, table.header, table.rows)
    for goal in found.goals:
        typer.echo(goal_line(goal))


def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="BOP scene folder with label/ or mask_visib/."),
    ],
    *,
    manifest: Manifest = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for evaluation.json and a picture of the worst frames."),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="Segment from depth alone.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Stop after this many frames.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Compare a model's labels with a folder's true ones, as a whole and by group.

    Frames without labels are left out. A folder that is cut short is evaluated to its last whole
    frame, one with damaged labels without those frames: the exit code is then 5.
    """
    from pipeline.cli.progress import progress_bar
    from pipeline.model_evaluation import (
        CAPTION,
        HEADER,
        TABLE_WIDTH,
        document,
        evaluate_folder,
        table_rows,
        write_files,
    )

    segmenter = _load(manifest)
    with progress_bar(f"evaluating {folder.name}") as report:
        found = evaluate_folder(
            folder, segmenter, limit=limit, uses_color=not no_color, report=report
        )
    content = document(found)
    if as_json:
        print_json(content)
    else:
        title = f"{len(found.scores)} frames of {folder}, {found.model_id}"
        print_table(title, HEADER, table_rows(found), width=TABLE_WIDTH)
        typer.echo(CAPTION)
    if found.n_unlabelled:
        typer.echo(f"left out, without a label image: {found.n_unlabelled}", err=True)
    if out is not None:
        written = write_files(found, content, out)
        typer.echo(f"wrote {', '.join(str(path) for path in written)}", err=True)
    if found.faults:
        raise SourceError("; ".join(found.faults), remedy="the figures are those of the others")


def _load(manifest: Path | None) -> OnnxSegmenter:
    from models.loading import SHIPPED_MANIFEST
    from models.onnx_segmenter import OnnxSegmenter

    return OnnxSegmenter(manifest or SHIPPED_MANIFEST)
