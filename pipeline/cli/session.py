"""`session status|step|approve|timeout|ack|beam`: commands into a running session; its `report`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import options, session_report
from pipeline.cli.output import print_json
from pipeline.workflow.step import Step
from tracking.errors import UsageError

if TYPE_CHECKING:
    from pipeline.session.answers import Answer, Status, WorkflowStatus

Session = Annotated[
    Path, typer.Option("--session", metavar="DIR", help="Folder of the running session.")
]
Person = Annotated[str, typer.Option("--person", metavar="ID", help="As in the site file.")]


class Beam(StrEnum):
    """What a person says of the beam."""

    ON = "on"
    OFF = "off"


ITEMS = ("plan", "patient", "machine", "applicator")


def build() -> typer.Typer:
    """Return the group of commands."""
    group = typer.Typer(help="Commands into a running session; its report.", no_args_is_help=True)
    group.command("status")(status)
    group.command("step")(step)
    group.command("approve")(approve)
    group.command("timeout")(timeout)
    group.command("ack")(ack)
    group.command("beam")(beam)
    group.command("report")(session_report.report)
    return group


def status(session: Session, *, as_json: options.Json = False) -> None:
    """Show what is running, the step, the time-out, and the last fault."""
    found = _status(session)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for name, value in found.identities.model_dump().items():
        typer.echo(f"{name:<12} {value}")
    typer.echo(f"{'cone':<12} {found.cone}")
    who = ", ".join(found.confirmed_by) or "nobody"
    typer.echo(f"{'time-out':<12} {'holds' if found.time_out else 'does not hold'}: {who}")
    typer.echo(f"{'last fault':<12} {_fault(found)}")
    if found.workflow is not None:
        typer.echo(f"{'step':<12} {found.workflow.step}")
        typer.echo(f"{'drawn':<12} {_drawn(found.workflow)}")


def step(
    to: Annotated[Step, typer.Argument(help="Where to go, forward or back.")],
    session: Session,
    *,
    as_json: options.Json = False,
) -> None:
    """Go to a step of the workflow; it changes no verdict but by what is done there."""
    command: dict[str, object] = {"kind": "step", "to": str(to)}
    _tell(_send(session, command), "The step was not taken.", as_json=as_json)


def approve(
    session: Session,
    person: Person,
    *,
    from_stdin: options.PinStdin = False,
    as_json: options.Json = False,
) -> None:
    """Approve the plan's revision with what is drawn and chosen, by your PIN."""
    from pipeline.cli.pin_input import read_pin

    found = _status(session).workflow
    if found is None:
        raise UsageError("This session has no workflow: there is nothing to approve.")
    typer.echo(
        f"Revision {found.next_revision}: cone {found.applicator}; drawn: {_drawn(found)}.",
        err=True,
    )
    pin = read_pin(f"PIN of {person}: ", from_stdin=from_stdin)
    command: dict[str, object] = {
        "kind": "approve",
        "person": person,
        "pin": pin,
        "plan_revision": found.next_revision,
        "content_id": found.content_id,
    }
    _tell(_send(session, command), "The revision was not approved.", as_json=as_json)


def timeout(
    session: Session,
    person: Person,
    *,
    from_stdin: options.PinStdin = False,
    as_json: options.Json = False,
) -> None:
    """Read back what is running, with the cone in place, and confirm it with your PIN."""
    from pipeline.cli.pin_input import read_pin

    running = _status(session).identities
    pin = read_pin(f"PIN of {person}: ", from_stdin=True) if from_stdin else ""
    typer.echo("Read each item from its own source, not from this screen.", err=True)
    items = {}
    for name in ITEMS:
        value = getattr(running, name)
        is_right = typer.confirm(f"{name}: {value} - is that so?", err=True)
        items[name] = value if is_right else None
    pin = pin or read_pin(f"PIN of {person}: ", from_stdin=False)
    command: dict[str, object] = {
        "kind": "time_out",
        "person": person,
        "pin": pin,
        "read_back": items,
    }
    _tell(_send(session, command), "The time-out was refused.", as_json=as_json)


def ack(
    session: Session,
    person: Person,
    *,
    from_stdin: options.PinStdin = False,
    as_json: options.Json = False,
) -> None:
    """Acknowledge the last fault, once you have looked at its cause."""
    from pipeline.cli.pin_input import read_pin

    found = _status(session)
    frame = found.last_fault_frame
    if frame is None:
        raise UsageError("No fault waits for an acknowledgement.")
    typer.echo(f"The fault of frame {frame}.", err=True)
    pin = read_pin(f"PIN of {person}: ", from_stdin=from_stdin)
    command = {"kind": "acknowledge", "person": person, "pin": pin, "frame_index": frame}
    _tell(_send(session, command), "The acknowledgement was refused.", as_json=as_json)


def beam(
    state: Annotated[Beam, typer.Argument(help="What the beam is now.")],
    session: Session,
    person: Person,
    *,
    from_stdin: options.PinStdin = False,
    as_json: options.Json = False,
) -> None:
    """Say that the beam is on, or off again: it is recorded, and allows nothing."""
    from pipeline.cli.pin_input import read_pin

    pin = read_pin(f"PIN of {person}: ", from_stdin=from_stdin)
    command = {"kind": "beam", "person": person, "pin": pin, "is_on": state is Beam.ON}
    _tell(_send(session, command), "The beam was not noted.", as_json=as_json)


def _send(session: Path, command: dict[str, object]) -> Answer:
    from pipeline.session.client import ask
    from pipeline.session.commands import message_of

    try:
        message = message_of(command)
    except ValueError as error:
        raise UsageError("This cannot be sent to the session.", actual=str(error)) from error
    return ask(session, message)


def _status(session: Path) -> Status:
    answer = _send(session, {"kind": "status"})
    if answer.status is None:
        raise UsageError(
            "The session cannot tell its status.",
            actual=answer.why,
            remedy="Look whether frames are being decided, then try again.",
        )
    return answer.status


def _drawn(found: WorkflowStatus) -> str:
    names = ", ".join(found.areas) or "nothing"
    return names if found.is_approved else f"{names} (not approved)"


def _fault(found: Status) -> str:
    if found.last_fault_frame is None:
        return "none"
    is_done = found.acknowledged_frame == found.last_fault_frame
    return f"frame {found.last_fault_frame}, {'' if is_done else 'not '}acknowledged"


def _tell(answer: Answer, headline: str, *, as_json: bool) -> None:
    """Print the answer; a refusal ends with the exit code of a usage error."""
    if as_json:
        print_json(answer.model_dump(mode="json"))
    elif answer.accepted:
        typer.echo(answer.why)
    if not answer.accepted:
        raise UsageError(headline, actual=answer.why)
