"""`[qa]` of `site.toml`: where the QA history lies, and which protocols have to hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from calibration.qa.protocol import ProtocolName
from tracking.strict_toml import StrictTable, Text
from tracking.toml_text import TomlValue

PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


@dataclass(frozen=True)
class QaSettings:
    """The site's QA; `required` adds to the daily protocol, which has to hold always.

    `store` None: the folder `runs/qa`. `protocols_dir` None: the shipped protocols.
    """

    store: str | None = None
    protocols_dir: Path | None = None
    required: tuple[ProtocolName, ...] = ()


class QaTable(StrictTable):
    """`[qa]` as written."""

    store: Text | None = None
    protocols: Text | None = None
    required: list[Literal["daily", "monthly", "annual"]] = Field(default=[])


def qa_settings_of(table: QaTable) -> QaSettings:
    """Return the settings."""
    return QaSettings(
        table.store,
        None if table.protocols is None else Path(table.protocols),
        tuple(ProtocolName(name) for name in table.required),
    )


def qa_table(settings: QaSettings) -> dict[str, TomlValue] | None:
    """The settings under the keys of the file, without a password; None where all are defaults."""
    found: dict[str, TomlValue] = {}
    if settings.store is not None:
        found["store"] = PASSWORD.sub(r"\1***@", settings.store)
    if settings.protocols_dir is not None:
        found["protocols"] = str(settings.protocols_dir)
    if settings.required:
        found["required"] = [str(name) for name in settings.required]
    return found or None
