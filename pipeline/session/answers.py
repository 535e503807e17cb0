"""What a session answers to a command, and what it says about itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError

from pipeline.session.commands import Message
from pipeline.session.refusals import SENTENCES, Refusal

MAX_ANSWER_BYTES = 64 * 1024


class IdentitiesMessage(Message):
    """As `Identities`."""

    plan: str
    patient: str
    machine: str
    applicator: str
    rig: str
    model: str


class WorkflowStatus(Message):
    """Where people are, and what an approval would approve: `content_id` names it."""

    step: str
    next_revision: int
    content_id: str
    is_approved: bool
    applicator: str
    areas: list[str]


class Status(Message):
    """What is running, before the decision of frame `frame_index`.

    `workflow`: None where the session has none.
    """

    frame_index: int
    identities: IdentitiesMessage
    cone: str
    time_out: bool
    confirmed_by: list[str]
    last_fault_frame: int | None
    acknowledged_frame: int | None
    workflow: WorkflowStatus | None = None


class Answer(Message):
    """Accepted or refused, and why; `code` is a `Refusal`, or empty."""

    accepted: bool
    why: Annotated[str, Field(min_length=1)]
    code: str = ""
    status: Status | None = None


def accepted(why: str, status: Status | None = None) -> Answer:
    """An answer to a command that was done."""
    return Answer(accepted=True, why=why, status=status)


def refused(refusal: Refusal, *, detail: str = "", status: Status | None = None) -> Answer:
    """An answer to a command that the session refuses."""
    why = f"{SENTENCES[refusal]} {detail}".rstrip()
    return Answer(accepted=False, why=why, code=refusal.value, status=status)


def not_understood(why: str) -> Answer:
    """An answer to a line that never reached the session."""
    return Answer(accepted=False, why=why)


def parse_answer(line: bytes) -> Answer:
    """Read an answer. Raises ValueError where it is none."""
    try:
        return Answer.model_validate_json(line)
    except ValidationError as error:
        raise ValueError(f"not an answer: {error.error_count()} problems") from error
