"""Texts that a recording carries, without what names a person or a device."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from calibration.text_file import content_id
from pipeline.privacy.pseudonyms import Pseudonyms
from recordings.session.parts import SESSION_NAME
from tracking.errors import SourceError
from tracking.toml_reading import load_toml
from tracking.toml_text import TomlValue, toml_text

# Tables of a plan that name a study, or a region in the patient's own coordinates.
DROPPED = ("dicom", "area_at_risk_patient")
PERSONS = "person"  # of a site, by name and role
PATIENT, SERIAL, IDS = "patient_id", "camera_serial", "ids"
ID_NAMES = {"rig.toml": SERIAL, "plan.toml": "plan_id"}  # the name in each text's id
CATALOGUE = "catalogue"
PLAN = "plan"
# What other parts of this software write: numbers, hashes and ids of sessions.
_OURS = re.compile(r"(part|privacy|recovery(-\d+)?|camera_settings)\.json")


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
        A text is of no known form: nobody knows what it says.
    """
    before = _table(dict(texts).get(SESSION_NAME, ""))
    cleaned = {name: _cleaned(name, text, names, serials) for name, text in texts if _is_toml(name)}
    for name, text in texts:
        if name == "catalogue.toml" and isinstance(before.get(CATALOGUE), str):
            names.learn(before[CATALOGUE], content_id(CATALOGUE, cleaned[name]))
        if name in ID_NAMES:
            key = str(load_toml(text).get(ID_NAMES[name], ""))
            now = str(load_toml(cleaned[name]).get(ID_NAMES[name], ""))
            names.learn(content_id(key, text), content_id(now, cleaned[name]))
    return tuple((name, _with_ids(name, cleaned.get(name, text), names)) for name, text in texts)


def plan_without_patient(text: str, names: Pseudonyms) -> str:
    """The text of a plan alone; `names` learns its id. Raises SourceError where it is no TOML."""
    [(_, cleaned)] = without_person((("plan.toml", text),), names, {})
    return cleaned


def _is_toml(name: str) -> bool:
    return name != SESSION_NAME and _OURS.fullmatch(name) is None


def _cleaned(name: str, text: str, names: Pseudonyms, serials: Mapping[str, str]) -> str:
    try:
        table = load_toml(text)
    except ValueError as error:
        raise SourceError(
            f"The recording carries {name}, which cannot be read.",
            expected="TOML",
            actual=str(error),
            remedy="A text that nobody can read may name anybody: record the session again.",
        ) from error
    _clean(table, names, serials)
    return toml_text(cast(dict[str, TomlValue], table))


def _clean(table: dict[str, Any], names: Pseudonyms, serials: Mapping[str, str]) -> None:
    for dropped in (*DROPPED, PERSONS):
        if isinstance(table.get(dropped), dict):
            del table[dropped]
    for name, value in table.items():
        if isinstance(value, dict):
            _clean(value, names, serials)
        elif name == PATIENT and isinstance(value, str):
            table[name] = names.patient(value)
        elif name == SERIAL and isinstance(value, str):
            table[name] = serials.get(value, value)


def _with_ids(name: str, text: str, names: Pseudonyms) -> str:
    """Ids of what has changed, where a text names them."""
    if name == SESSION_NAME:
        return json.dumps(with_ids(_table(text), names))
    if not _is_toml(name):
        return text
    table = load_toml(text)
    if not isinstance(table.get(IDS), dict):
        return text
    table[IDS] = with_ids(table[IDS], names)
    return toml_text(cast(dict[str, TomlValue], table))


def with_ids(table: Mapping[str, Any], names: Pseudonyms) -> dict[str, Any]:
    """A table of ids by kind, as they are now."""
    changed = {name: names.known(table[name]) for name in ("rig", CATALOGUE) if table.get(name)}
    if table.get(PLAN):
        changed[PLAN] = names.plan(table[PLAN])
    return {**table, **changed}


def _table(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
