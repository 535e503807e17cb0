"""Protocols as TOML: the four that are shipped, or a site's edited copies."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from calibration.qa.protocol import Check, CheckLimits, LimitKind, Protocol, ProtocolName, Step
from calibration.text_file import content_id, read_text_file
from tracking.errors import ConfigurationError
from tracking.strict_toml import StrictFile, StrictTable, Text, parse_toml

SHIPPED_DIR = Path(__file__).parent / "protocols"
MIN_FRAMES, MAX_FRAMES = 10, 3000  # fewer show no temporal noise; more than minutes at 30 Hz


class CheckTable(StrictTable):
    """`[check.ID]`."""

    title: Text
    metric: Text
    unit: str
    kind: LimitKind = "deviation"
    target: float = 0.0
    note: float | None = None
    alert: float | None = None
    failure: float
    required: bool = True
    advice: str = ""
    manual: bool = False
    nominals: list[float] = Field(default=[])
    max_age_hours: Annotated[float, Field(gt=0, le=24 * 7)] = 24.0


class StepTable(StrictTable):
    """A step as `{text = "...", person = true}`."""

    text: Text
    person: bool = False


class ProtocolFile(StrictFile):
    """A protocol as written."""

    name: Text
    title: Text
    valid_hours: Annotated[float, Field(gt=0, le=24 * 400)]
    n_frames: Annotated[int, Field(ge=MIN_FRAMES, le=MAX_FRAMES)]
    steps: list[Text | StepTable] = Field(default=[])
    check: dict[str, CheckTable]


def read_protocol(name: ProtocolName, folder: Path | None = None) -> Protocol:
    """Read `NAME.toml` from `folder`; where a site has none of its own, the shipped one.

    Raises
    ------
    ConfigurationError
        The file is malformed, is another protocol, or checks less than it has to.
    """
    path = SHIPPED_DIR / f"{name}.toml"
    if folder is not None:
        if not folder.is_dir():
            raise ConfigurationError(
                "The folder of protocols does not exist.",
                actual=str(folder),
                remedy="Name a folder with daily.toml and the like, or leave the option out.",
            )
        own = folder / f"{name}.toml"
        path = own if own.exists() else path
    return parse_protocol(read_text_file(path, "protocol"), name, str(path))


def parse_protocol(text: str, name: ProtocolName, what: str) -> Protocol:
    """Parse a protocol's text; `what` names it in messages. Raises as `read_protocol`."""
    file = parse_toml(text, ProtocolFile, what)
    if file.name != name:
        raise ConfigurationError(
            f"{what} is another protocol.",
            expected=f'name = "{name}"',
            actual=f'name = "{file.name}"',
            remedy="Name the file after its protocol.",
        )
    try:
        return Protocol(
            id=content_id(file.name, text),
            name=name,
            title=file.title,
            valid_for=timedelta(hours=file.valid_hours),
            n_frames=file.n_frames,
            steps=tuple(_step(step) for step in file.steps),
            checks=tuple(_check(key, table) for key, table in file.check.items()),
        )
    except ValueError as error:
        raise ConfigurationError(
            f"{what} is no protocol that could prove a rig.",
            actual=str(error),
            remedy="Correct the file, or use the protocol that is shipped.",
        ) from error


def _check(key: str, table: CheckTable) -> Check:
    try:
        limits = CheckLimits(table.kind, table.failure, table.alert, table.note, table.target)
    except ValueError as error:
        raise ValueError(f"check.{key}: {error}") from error
    return Check(
        id=key,
        title=table.title,
        metric=table.metric,
        unit=table.unit,
        limits=limits,
        is_required=table.required,
        advice=table.advice,
        is_manual=table.manual,
        nominals=tuple(table.nominals),
        max_age=timedelta(hours=table.max_age_hours),
    )


def _step(step: str | StepTable) -> Step:
    return Step(step) if isinstance(step, str) else Step(step.text, step.person)
