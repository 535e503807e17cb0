"""Commands into a running session: one JSON line each, and what the session makes of them.

The line is validated strictly; a refusal never repeats a value, which may hold a PIN. Behind the
socket a command carries the outcome of its PIN, never the PIN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from pipeline.session.persons import PinCheck
from pipeline.session.time_out import ReadBack
from tracking.outline import MAX_CORNERS, MIN_CORNERS

MAX_LINE_BYTES = 32 * 1024  # the longest valid command, in escaped ASCII, is shorter
MAX_TEXT = 512
MAX_PIN_TEXT = 64
MAX_FRAME_INDEX = 2**53  # JSON's whole numbers

Word = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
StepName = Literal[
    "briefing",
    "survey",
    "draw",
    "approve",
    "place",
    "dock",
    "time_out",
    "ready",
    "beam",
    "report",
]
AreaName = Annotated[str, Field(pattern=r"^(area_at_risk|keep_out\.[^\x00-\x1f.]{1,40})$")]
Pin = Annotated[SecretStr, Field(min_length=1, max_length=MAX_PIN_TEXT)]


class Message(BaseModel):
    """What goes over the socket: frozen, no unknown keys, no conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class ReadBackMessage(Message):
    """The items of a read-back; null is an item that the person did not confirm."""

    plan: Word | None
    patient: Word | None
    machine: Word | None
    applicator: Word | None


class TimeOutMessage(Message):
    """One person confirms the time-out."""

    kind: Literal["time_out"] = "time_out"
    person: Word
    pin: Pin
    read_back: ReadBackMessage


class AcknowledgeMessage(Message):
    """One person acknowledges the fault of one frame."""

    kind: Literal["acknowledge"] = "acknowledge"
    person: Word
    pin: Pin
    frame_index: Annotated[int, Field(ge=0, le=MAX_FRAME_INDEX)]


class BeamMessage(Message):
    """One person says that the beam is on, or off again."""

    kind: Literal["beam"] = "beam"
    person: Word
    pin: Pin
    is_on: bool


class StatusMessage(Message):
    """Anybody asks what is running."""

    kind: Literal["status"] = "status"


class StepMessage(Message):
    """Go to a step of the workflow, forward or back."""

    kind: Literal["step"] = "step"
    to: StepName


class DrawMessage(Message):
    """An outline that was drawn on the picture of one frame, px; the last point joins the first."""

    kind: Literal["draw"] = "draw"
    name: AreaName
    frame_index: Annotated[int, Field(ge=0, le=MAX_FRAME_INDEX)]
    points: Annotated[
        list[Annotated[list[float], Field(min_length=2, max_length=2)]],
        Field(min_length=MIN_CORNERS, max_length=MAX_CORNERS),
    ]
    person: Word


class UndoMessage(Message):
    """Take back the last change of what is drawn."""

    kind: Literal["undo"] = "undo"


class RedoMessage(Message):
    """Do again what was taken back."""

    kind: Literal["redo"] = "redo"


class ClearMessage(Message):
    """Take one outline away."""

    kind: Literal["clear"] = "clear"
    name: AreaName


class ChooseMessage(Message):
    """Choose the cone."""

    kind: Literal["choose"] = "choose"
    applicator: Word


class ApproveMessage(Message):
    """One person approves the plan's revision with what was drawn and chosen.

    `content_id`: of what they were shown, as the session told it.
    """

    kind: Literal["approve"] = "approve"
    person: Word
    pin: Pin
    plan_revision: Annotated[int, Field(ge=0, le=MAX_FRAME_INDEX)]
    content_id: Word


class ReportMessage(Message):
    """Write the session's report now."""

    kind: Literal["report"] = "report"


WorkflowMessage = (
    StepMessage
    | DrawMessage
    | UndoMessage
    | RedoMessage
    | ClearMessage
    | ChooseMessage
    | ApproveMessage
    | ReportMessage
)
ClientMessage = TimeOutMessage | AcknowledgeMessage | BeamMessage | StatusMessage | WorkflowMessage

_MESSAGES: TypeAdapter[ClientMessage] = TypeAdapter(
    Annotated[ClientMessage, Field(discriminator="kind")]
)


@dataclass(frozen=True)
class TimeOutCommand:
    """A confirmation that waits for the loop. `ticket` is where the answer goes."""

    ticket: int
    person: str
    pin: PinCheck
    read_back: ReadBack


@dataclass(frozen=True)
class AcknowledgeCommand:
    """An acknowledgement that waits for the loop."""

    ticket: int
    person: str
    pin: PinCheck
    frame_index: int


@dataclass(frozen=True)
class BeamCommand:
    """A person's word on the beam that waits for the loop."""

    ticket: int
    person: str
    pin: PinCheck
    is_on: bool


@dataclass(frozen=True)
class StatusCommand:
    """A question that waits for the loop."""

    ticket: int


@dataclass(frozen=True)
class WorkflowCommand:
    """A command of the workflow that waits for the loop, without its PIN.

    `pin` is what became of it; None where the command has none.
    """

    ticket: int
    message: WorkflowMessage
    pin: PinCheck | None = None


Command = TimeOutCommand | AcknowledgeCommand | BeamCommand | StatusCommand | WorkflowCommand


def parse_message(line: bytes) -> ClientMessage:
    """Validate one line.

    Raises
    ------
    ValueError
        It is no command. Names the keys that are wrong, never their values.
    """
    try:
        return _MESSAGES.validate_json(line)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise ValueError(_told(problems[0]["type"], problems[0]["loc"])) from None


def message_of(table: Mapping[str, object]) -> ClientMessage:
    """Validate a command before it is sent. Raises ValueError as `parse_message`."""
    return parse_message(json.dumps(table).encode())


def line_of(message: ClientMessage) -> bytes:
    """One line for the socket, the PIN in it: not for a log."""
    table = message.model_dump(mode="python")
    pin = getattr(message, "pin", None)
    if isinstance(pin, SecretStr):
        table["pin"] = pin.get_secret_value()
    return json.dumps(table).encode() + b"\n"


def _told(kind: str, location: tuple[int | str, ...]) -> str:
    key = ".".join(str(part) for part in location)
    return f"not a command: {kind.replace('_', ' ')}{f' at {key}' if key else ''}"
