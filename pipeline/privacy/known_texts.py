"""The texts that a recording may carry, and what each of them may say.

Decides what is known. What is not may name anybody: it is refused, never copied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from calibration.rig_file import RigFile
from pipeline.config.catalogue_file import ApplicatorTable, CatalogueFile
from pipeline.config.effective_config import EFFECTIVE_CONFIG_NAME
from pipeline.config.plan_file import PlanFile
from pipeline.config.site_file import SiteFile
from pipeline.privacy.note import COPY_NOTE, NOTE
from pipeline.privacy.own_records import (
    CopyRecord,
    PrivacyRecord,
    RecoveryRecord,
    SessionRecord,
)
from recordings.camera_settings import NAME as SETTINGS_NAME
from recordings.camera_settings import CameraSettings
from recordings.session.intrinsics_record import StrictRecord
from recordings.session.parts import PART_NAME, SESSION_NAME, PartRecord
from recordings.source import CATALOGUE_TEXT
from tracking.errors import ConfigurationError, SourceError
from tracking.strict_toml import StrictFile, StrictTable
from tracking.toml_refusal import explain

RIG_NAME, PLAN_NAME = "rig.toml", "plan.toml"
REMEDY = (
    "What is not known may name anybody: use the software that recorded it, or record the session "
    "again."
)


class IdsTable(StrictTable):
    """`[ids]` of `effective_config.toml`; "" where there was no site."""

    software: str
    model: str
    plan: str
    rig: str
    catalogue: str
    site: str


class RunTable(StrictTable):
    """`[run]` of a live session, which has no request."""

    source: Literal["live"]


class RigTable(RigFile):
    """The rig as a table: the file that it stands in names the schema."""

    schema_version: Literal[1] = Field(default=1, alias="schema")


class PlanTable(PlanFile):
    """The plan as a table, likewise."""

    schema_version: Literal[1] = Field(default=1, alias="schema")


class SiteTable(SiteFile):
    """The site as a table, likewise."""

    schema_version: Literal[1] = Field(default=1, alias="schema")


class EffectiveFile(StrictFile):
    """`effective_config.toml` of a live session."""

    ids: IdsTable
    run: RunTable
    rig: RigTable
    plan: PlanTable
    site: SiteTable | None = None
    applicator: dict[str, ApplicatorTable]


TOML_FORMS: Mapping[str, type[StrictFile]] = {
    RIG_NAME: RigFile,
    PLAN_NAME: PlanFile,
    CATALOGUE_TEXT: CatalogueFile,
    EFFECTIVE_CONFIG_NAME: EffectiveFile,
}
_RECORDS: Mapping[str, type[StrictRecord]] = {
    SESSION_NAME: SessionRecord,
    PART_NAME: PartRecord,
    SETTINGS_NAME: CameraSettings,
    NOTE: PrivacyRecord,
    COPY_NOTE: CopyRecord,
    "recovery.json": RecoveryRecord,
}
_LATER_RECOVERY = re.compile(r"recovery-\d+\.json")


def check_table(name: str, table: dict[str, Any]) -> None:
    """Refuse a table that says more, or other, than the TOML text `name` may.

    Raises
    ------
    SourceError
        Names the first key that is not known, or whose value cannot be.
    """
    form = TOML_FORMS[name]
    try:
        form.model_validate(table)
    except ValidationError as error:
        raise _refusal(name, explain(error, form, name)) from error


def written_anew(name: str, text: str) -> str:
    """The JSON text `name` as its model says it: its values, nothing else of its spelling.

    Raises
    ------
    SourceError
        No text of this name is known, or it says more than its model.
    """
    known = "recovery.json" if _LATER_RECOVERY.fullmatch(name) else name
    model = _RECORDS.get(known)
    if model is None:
        raise SourceError(
            f"The recording carries {name}, a text that nobody here knows.",
            expected=f"one of {', '.join((*TOML_FORMS, *_RECORDS))}",
            actual=name,
            remedy=REMEDY,
        )
    try:
        record = model.model_validate_json(text)
    except ValidationError as error:
        raise _refusal(name, explain(error, model, name)) from error
    return json.dumps(record.model_dump(mode="json", exclude_unset=True))


def _refusal(name: str, found: ConfigurationError) -> SourceError:
    return SourceError(
        f"The recording carries {name}, which says what is not known.",
        expected=found.expected,
        actual=f"{found.what} {found.actual}".strip(),
        remedy=REMEDY,
    )
