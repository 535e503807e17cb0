"""Parts of a running session: what is running, who reads it back, and a source of commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from pipeline.session.answers import Answer
from pipeline.session.commands import (
    AcknowledgeCommand,
    BeamCommand,
    Command,
    StatusCommand,
    TimeOutCommand,
    WorkflowCommand,
    WorkflowMessage,
)
from pipeline.session.control import Cone, ControlState, SessionControl
from pipeline.session.persons import PinCheck
from pipeline.session.time_out import ReadBack
from tracking.identities import Identities

RUNNING = Identities(
    plan="plan-1@0123456789ab",
    patient="patient-1",
    machine="mobetron",
    applicator="MOB-D60-B15@0123456789ab",
    rig="834412070001@0123456789ab",
    model="segmenter@0123456789ab",
)
IDENTITY_NAMES = tuple(entry.name for entry in fields(Identities))
READ_BACK_NAMES = tuple(entry.name for entry in fields(ReadBack))


def read_back(
    running: Identities = RUNNING, changed: Mapping[str, str | None] | None = None
) -> ReadBack:
    """What a person reads back of `running`, some items otherwise."""
    right = {name: getattr(running, name) for name in READ_BACK_NAMES}
    return ReadBack(**{**right, **(changed or {})})


@dataclass(eq=False)
class Typed:
    """Commands as if they had come in over the socket, and the answers to them."""

    queued: list[Command] = field(default_factory=list)
    answers: dict[int, Answer] = field(default_factory=dict)
    n_typed: int = 0

    def drain(self) -> list[Command]:
        taken, self.queued = self.queued, []
        return taken

    def reply(self, ticket: int, answer: Answer) -> None:
        assert ticket not in self.answers, "answered twice"
        self.answers[ticket] = answer

    def confirm(
        self, person: str, items: ReadBack | None = None, pin: PinCheck = PinCheck.RIGHT
    ) -> int:
        items = read_back() if items is None else items
        return self._add(TimeOutCommand(self._ticket(), person, pin, items))

    def acknowledge(self, person: str, frame_index: int, pin: PinCheck = PinCheck.RIGHT) -> int:
        return self._add(AcknowledgeCommand(self._ticket(), person, pin, frame_index))

    def beam(self, person: str, *, is_on: bool, pin: PinCheck = PinCheck.RIGHT) -> int:
        return self._add(BeamCommand(self._ticket(), person, pin, is_on))

    def work(self, message: WorkflowMessage) -> int:
        return self._add(WorkflowCommand(self._ticket(), message))

    def ask(self) -> int:
        return self._add(StatusCommand(self._ticket()))

    def _ticket(self) -> int:
        self.n_typed += 1
        return self.n_typed

    def _add(self, command: Command) -> int:
        self.queued.append(command)
        return command.ticket


@dataclass(eq=False)
class Session:
    """A `SessionControl` that is stepped frame by frame."""

    typed: Typed = field(default_factory=Typed)
    frame_index: int = -1
    last_fault_frame: int | None = None
    cone: Cone = Cone.DOCKED
    running: Identities = RUNNING
    control: SessionControl = field(init=False)

    def __post_init__(self) -> None:
        self.control = SessionControl(self.typed)

    def step(self) -> ControlState:
        self.frame_index += 1
        return self.control.step(
            self.running,
            self.last_fault_frame,
            frame_index=self.frame_index,
            cone=self.cone,
        )

    def confirmed_by_two(self) -> ControlState:
        self.typed.confirm("physicist-1")
        self.typed.confirm("surgeon-1")
        return self.step()
