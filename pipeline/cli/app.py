"""Puts the commands together and runs them inside the error boundary."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from pipeline.cli import (
    applicators,
    benchmark,
    calibrate,
    checks,
    faults,
    model,
    qa,
    recording,
    runs,
    session,
    sessions,
    site,
)
from pipeline.cli.errors import INTERRUPTED_EXIT_CODE, ErrorBoundary

HELP = """Intraoperative imaging and applicator tracking for a mobile electron linac.

Research software, not a medical device: never the only safeguard of a treatment.

Exit codes: 0 done, 2 usage, 3 configuration, 4 calibration, 5 source, 6 fault,
130 ended by Ctrl-C.
"""


def build_app(boundary: ErrorBoundary) -> typer.Typer:
    """Return the command line; `--debug` switches the boundary's traceback on."""
    app = typer.Typer(
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback()
    def options(
        *,
        debug: Annotated[
            bool, typer.Option("--debug", help="Show the traceback of an error.")
        ] = False,
        version: Annotated[  # noqa: ARG001 - its callback has answered
            bool, typer.Option("--version", help="Print the version.", callback=_print_version)
        ] = False,
    ) -> None:
        boundary.shows_traceback = debug

    for command in (runs.demo, runs.live, runs.replay, recording.record, recording.simulate):
        app.command()(command)
    app.command()(benchmark.bench)
    app.command()(faults.faults)
    app.add_typer(applicators.build(), name="applicators")
    app.add_typer(calibrate.build(), name="calibrate")
    app.add_typer(checks.build_plan(), name="plan")
    app.add_typer(checks.build_rig(), name="rig")
    app.add_typer(site.build(), name="site")
    app.add_typer(qa.build(), name="qa")
    app.add_typer(session.build(), name="session")
    app.add_typer(model.build(), name="model")
    app.add_typer(sessions.build(), name="sessions")
    return app


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from pipeline.version import SOFTWARE_ID

        typer.echo(SOFTWARE_ID)
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str or None
        Without the program's name; None takes the process's own.
    """
    boundary = ErrorBoundary()
    given = sys.argv[1:] if arguments is None else list(arguments)
    return boundary.run(lambda: _run(build_app(boundary), given))


def _run(app: typer.Typer, arguments: list[str]) -> int:
    try:
        app(arguments, prog_name="run_tracker.py")
    except SystemExit as request:
        sys.stdout.flush()  # a reader that went away is noticed here, inside the boundary
        if request.code == INTERRUPTED_EXIT_CODE:  # typer's own answer to Ctrl-C says nothing
            raise KeyboardInterrupt from request
        return request.code if isinstance(request.code, int) else 0
    return 0
