"""Texts that a recording carries, without what names a person or a device.

What each of them may say is decided by `known_texts`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from calibration.text_file import content_id
from pipeline.config.effective_config import EFFECTIVE_CONFIG_NAME
from pipeline.privacy.known_texts import (
    PLAN_NAME,
    RIG_NAME,
    TOML_FORMS,
    check_table,
    written_anew,
)
from pipeline.privacy.pseudonyms import Pseudonyms
from recordings.session.parts import SESSION_NAME
from recordings.source import CATALOGUE_TEXT
from tracking.errors import SourceError
from tracking.toml_reading import load_toml
from tracking.toml_text import TomlValue, toml_text

# Tables that name a study, a region in the patient's own coordinates, or a site's persons; where
# they stand: a structure to keep out may have any name.
_OF_PLAN = ("dicom", "area_at_risk_patient")
DROPPED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    PLAN_NAME: tuple((name,) for name in _OF_PLAN),
    EFFECTIVE_CONFIG_NAME: (*(("plan", name) for name in _OF_PLAN), ("site", "person")),
}
PATIENT, SERIAL, IDS = "patient_id", "camera_serial", "ids"
ID_NAMES = {RIG_NAME: SERIAL, PLAN_NAME: "plan_id"}  # the name in each text's id
CATALOGUE = "catalogue"
PLAN = "plan"


def without_person(
    texts: tuple[tuple[str, str], ...], names: Pseudonyms, serials: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The texts with patients' ids as pseudonyms; comments, DICOM references and persons go.

    `names` learns what the ids of rig, plan and catalogue have become.

    Parameters
    ----------
    serials : mapping
        Serial numbers and what stands for them; a serial that is not in it stays.

    Raises
    ------
    SourceError
        A text cannot be read, is none that this software writes, or says what is not known.
    """
    cleaned = {name: _cleaned(name, text, names, serials) for name, text in texts}
    before = json.loads(cleaned.get(SESSION_NAME, "{}"))
    for name, text in texts:
        if name == CATALOGUE_TEXT and before.get(CATALOGUE):
            names.learn(before[CATALOGUE], content_id(CATALOGUE, cleaned[name]))
        if name in ID_NAMES:
            key = str(load_toml(text).get(ID_NAMES[name], ""))
            now = str(load_toml(cleaned[name]).get(ID_NAMES[name], ""))
            names.learn(content_id(key, text), content_id(now, cleaned[name]))
    return tuple((name, _with_ids(name, cleaned[name], names)) for name, _ in texts)


def plan_without_patient(text: str, names: Pseudonyms) -> str:
    """The text of a plan alone; `names` learns its id. Raises SourceError where it is no plan."""
    [(_, cleaned)] = without_person(((PLAN_NAME, text),), names, {})
    return cleaned


def _cleaned(name: str, text: str, names: Pseudonyms, serials: Mapping[str, str]) -> str:
    if name not in TOML_FORMS:
        return written_anew(name, text)
    try:
        table = load_toml(text)
    except ValueError as error:
        raise SourceError(
            f"The recording carries {name}, which cannot be read.",
            expected="TOML",
            actual=str(error),
            remedy="A text that nobody can read may name anybody: record the session again.",
        ) from error
    for path in DROPPED.get(name, ()):
        _drop(table, path)
    _clean(table, names, serials)
    check_table(name, table)
    return toml_text(cast(dict[str, TomlValue], table))


def _drop(table: dict[str, Any], path: tuple[str, ...]) -> None:
    *above, last = path
    held: Any = table
    for name in above:
        held = held.get(name) if isinstance(held, dict) else None
    if isinstance(held, dict):
        held.pop(last, None)


def _clean(value: object, names: Pseudonyms, serials: Mapping[str, str]) -> None:
    """Change a table in place, and all tables within it, those in arrays too."""
    if isinstance(value, list):
        for element in value:
            _clean(element, names, serials)
    if not isinstance(value, dict):
        return
    for name, held in value.items():
        if name == PATIENT and isinstance(held, str):
            value[name] = names.patient(held)
        elif name == SERIAL and isinstance(held, str):
            value[name] = serials.get(held, held)
        else:
            _clean(held, names, serials)


def _with_ids(name: str, text: str, names: Pseudonyms) -> str:
    """Ids of what has changed, where a text names them."""
    if name == SESSION_NAME:
        return json.dumps(with_ids(json.loads(text), names))
    if name != EFFECTIVE_CONFIG_NAME:
        return text
    table = load_toml(text)
    table[IDS] = with_ids(table[IDS], names)
    return toml_text(cast(dict[str, TomlValue], table))


def with_ids(table: Mapping[str, Any], names: Pseudonyms) -> dict[str, Any]:
    """A table of ids by kind, as they are now."""
    changed = {name: names.known(table[name]) for name in ("rig", CATALOGUE) if table.get(name)}
    if table.get(PLAN):
        changed[PLAN] = names.plan(table[PLAN])
    return {**table, **changed}
