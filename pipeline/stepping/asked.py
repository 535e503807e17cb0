"""What a person types, one command a line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tracking.errors import UsageError


class Command(Enum):
    """What can be asked for; the value is what is typed."""

    FORWARD = "n"
    BACK = "b"
    GO_TO = "g"
    NEXT_VERDICT = "v"
    PICTURE = "p"
    RECORD = "r"
    HELP = "?"
    QUIT = "q"


WITH_ARGUMENT = {Command.GO_TO: "POSITION", Command.PICTURE: "FILE.png"}
MEANINGS = {
    Command.FORWARD: "forward, as Enter alone",
    Command.BACK: "back",
    Command.GO_TO: "go to a position, counted from 0, either way",
    Command.NEXT_VERDICT: "on to the next frame whose verdict differs",
    Command.PICTURE: "write the overlay of this frame to a new file",
    Command.RECORD: "print the whole record as JSON",
    Command.HELP: "this help",
    Command.QUIT: "quit, as the end of input",
}
HELP = "\n".join(
    f"  {f'{command.value} {WITH_ARGUMENT.get(command, str())}':<12} {meaning}"
    for command, meaning in MEANINGS.items()
)


@dataclass(frozen=True)
class Asked:
    """A command; its argument is "" exactly where it takes none."""

    command: Command
    argument: str = ""


def parse(line: str) -> Asked:
    """Return what a line asks for; raise UsageError where it asks for nothing there is."""
    word, _, rest = line.strip().partition(" ")
    argument = rest.strip()
    try:
        command = Command(word or Command.FORWARD.value)
    except ValueError:
        commands = ", ".join(_form(command) for command in Command)
        raise UsageError(
            f"There is no command {word!r}.", expected=commands, remedy="? explains them."
        ) from None
    if bool(argument) != (command in WITH_ARGUMENT):
        raise UsageError(f"{line.strip()!r} is no command.", expected=_form(command))
    return Asked(command, argument)


def _form(command: Command) -> str:
    return f"{command.value} {WITH_ARGUMENT.get(command, '')}".rstrip()
