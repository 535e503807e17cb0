"""`qa baseline|run|status|history|report`: the QA protocols and their history."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calibration.qa.outcome import Outcome
from calibration.qa.protocol import ProtocolName
from pipeline.cli import options
from pipeline.cli.output import print_json, print_table, shown
from tracking.errors import CalibrationError, UsageError

if TYPE_CHECKING:
    from calibration.qa.run_record import RunRecord

SourceOption = Annotated[
    str, typer.Option("--source", help="Camera, recording, or sim:qa; as for replay.")
]
Operator = Annotated[
    str, typer.Option("--operator", metavar="ID", help="Who measures; as in the site file.")
]
Origin = Annotated[
    bool,
    typer.Option("--simulated", help="Runs over simulated frames instead: they prove nothing."),
]
WIDTH = 150  # of tables; a file or a pipe has no width of its own
OUTCOME_STYLE = {
    Outcome.PASS: "green",
    Outcome.NOTE: "blue",
    Outcome.ALERT: "yellow",
    Outcome.FAILURE: "bold red",
}


def add_to(group: typer.Typer) -> typer.Typer:
    """Put the commands into the group `qa`."""
    group.command("baseline")(baseline)
    group.command("run")(run)
    group.command("status")(status)
    group.command("history")(history)
    group.command("report")(report)
    return group


def baseline(
    source: SourceOption,
    rig: options.Rig,
    phantom: Annotated[
        str, typer.Option("--phantom", metavar="ID", help="The cone that stands in the jig.")
    ],
    *,
    operator: Operator = "",
    site: options.Site = None,
    qa_store: options.QaStore = None,
    catalogue: options.Catalogue = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    frames: Annotated[int, typer.Option("--frames", min=10, help="Frames to average.")] = 60,
    as_json: options.Json = False,
) -> None:
    """Store where phantom and base are seen now: what every later run is compared with.

    A second reference of a rig counts as a change: the after-change protocol has to pass.
    """
    from pipeline.cli.progress import progress_bar
    from pipeline.qa.places import QaPlace, open_place, opened
    from pipeline.qa.running import take_reference

    place = QaPlace(rig, site, qa_store, catalogue, segmenter.kind, operator)
    with open_place(place) as there, opened(there, source) as frames_from:
        cone = there.phantom(phantom)
        with progress_bar("reference") as show:
            found = take_reference(there.bench, frames_from, cone, frames, show)
    told = {
        "baseline": found.id,
        "origin": found.origin,
        "phantom": found.applicator,
        "frames": found.phantom.n_frames,
        "exit_sigma_mm": found.phantom.exit_sigma_mm,
        "axis_sigma_deg": found.phantom.axis_sigma_deg,
    }
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        typer.echo(f"{name:<15} {value}")


def run(
    protocol: Annotated[ProtocolName, typer.Argument(help="Which protocol.")],
    source: SourceOption,
    rig: options.Rig,
    *,
    operator: Operator = "",
    site: options.Site = None,
    qa_store: options.QaStore = None,
    catalogue: options.Catalogue = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    metrics: Annotated[
        list[Path] | None,
        typer.Option("--metrics", help="What `qa spheres --json` and the like wrote; repeat."),
    ] = None,
    entered: Annotated[
        list[str] | None,
        typer.Option(
            "--entered", metavar="NAME=VALUE", help="A figure that a person reads; repeat."
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Ask nothing (scripts): the steps count as unconfirmed."),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Run a protocol and store it; exit code 4 where it fails.

    Without a camera: `simulate qa x.mcap`, then `qa baseline --source x.mcap --rig x.rig.toml
    --phantom MOB-D60-B15` and `qa run daily --source x.mcap --rig x.rig.toml`.
    """
    from pipeline.cli.progress import progress_bar
    from pipeline.cli.qa_guide import ask_figures, confirm_steps
    from pipeline.qa.handed import handed_figures
    from pipeline.qa.metrics_file import RunFacts
    from pipeline.qa.moment import measured_at
    from pipeline.qa.places import QaPlace, open_place, opened
    from pipeline.qa.running import run_protocol, setup_of

    place = QaPlace(rig, site, qa_store, catalogue, segmenter.kind, operator)
    with open_place(place) as there, opened(there, source) as frames_from:
        setup = setup_of(there.bench.rig, there.bench.segmenter.model_id, "")
        wanted = there.protocol(protocol)
        reference = there.baseline(frames_from)
        cone = there.phantom(reference.applicator)
        header = frames_from.header
        facts = RunFacts(setup, header.origin, measured_at(header, there.bench.now()))
        given, files = list(entered or []), metrics or []
        handed = handed_figures(files, given, wanted, facts, operator)
        n_confirmed = 0
        if not yes and not as_json and sys.stdin.isatty():
            n_confirmed = confirm_steps(wanted)
            given += ask_figures(wanted, {metric.name for metric in handed})
            handed = handed_figures(files, given, wanted, facts, operator)
        with progress_bar(f"{protocol} QA") as show:
            record = run_protocol(
                there.bench, frames_from, wanted, reference, cone, show, handed, n_confirmed
            )
    _tell(record, as_json=as_json)
    is_failed = record.outcome is Outcome.FAILURE
    raise typer.Exit(CalibrationError.exit_code if is_failed else 0)


def status(
    rig: options.Rig,
    *,
    site: options.Site = None,
    qa_store: options.QaStore = None,
    segmenter: options.Segmenter = options.SegmenterName.ONNX,
    simulated: Origin = False,
    as_json: options.Json = False,
) -> None:
    """Say whether the rig is proven now, until when, or why not; exit code 4 where it is not."""
    from pipeline.qa.asking import standing_now

    found = standing_now(rig, site, qa_store, segmenter.kind, simulated=simulated)
    if as_json:
        print_json(found.table())
    else:
        for name, value in found.table().items():
            typer.echo(f"{name:<12} {value}")
    raise typer.Exit(0 if found.is_valid else CalibrationError.exit_code)


def history(
    *,
    site: options.Site = None,
    qa_store: options.QaStore = None,
    serial: Annotated[str | None, typer.Option("--serial", help="Of this camera only.")] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="Show one figure over the runs.")
    ] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="So many runs.")] = 30,
    as_json: options.Json = False,
) -> None:
    """List stored runs, oldest first."""
    from pipeline.qa.asking import history_rows, history_table, require_metric
    from pipeline.qa.places import existing_store

    with existing_store(qa_store, site) as (store, _):
        stored = store.runs(serial)
    if metric is not None:
        require_metric(stored, metric)
    runs = stored[-last:]
    if as_json:
        print_json({"runs": history_table(runs)})
        return
    print_table("QA runs", *history_rows(runs, metric), width=WIDTH, folds_last=True)


def report(
    number: Annotated[int, typer.Argument(metavar="RUN", help="Its number, as history shows it.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="An .html or .pdf file.")],
    site: options.Site = None,
    qa_store: options.QaStore = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write a run's report for filing, with control charts and signature lines."""
    if out.suffix not in (".html", ".pdf"):
        raise UsageError("--out must name an .html or .pdf file.", actual=str(out))
    if out.exists() and not force:
        raise UsageError(f"--out: {out} exists.", remedy="Name another file, or add --force.")
    if not out.parent.is_dir():
        raise UsageError(f"--out: there is no folder {out.parent}.", remedy="Make it first.")
    from pipeline.qa.reporting import write_report

    write_report(number, out, qa_store, site)
    typer.echo(f"wrote {out}", err=True)


def _tell(record: RunRecord, *, as_json: bool) -> None:
    from pipeline.qa.asking import run_table

    if as_json:
        print_json(run_table(record))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"QA run {record.id}", title_justify="left")
    for name in ("check", "measured", "limits", "outcome", ""):
        table.add_column(name)
    for check in record.result.checks if record.result else ():
        value = "-" if check.value is None else f"{check.value:.4g} {check.unit}"
        texts = (check.title, value, check.limits)
        outcome = Text(check.outcome, style=OUTCOME_STYLE[check.outcome])
        table.add_row(*(Text(shown(text)) for text in texts), outcome, Text(shown(check.message)))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    found = record.outcome or Outcome.FAILURE
    console.print(Text.assemble((found, OUTCOME_STYLE[found]), f": run {record.id} is stored."))
    if record.start.origin != "live":
        console.print(f"Its frames are {record.start.origin}: it proves nothing about a camera.")
