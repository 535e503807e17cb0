"""Rig and plan as a recording carries them, without what names a person or a device."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, cast

from pipeline.audit.pseudonym import pseudonym
from tracking.errors import SourceError
from tracking.toml_text import TomlValue, toml_text

# Tables of a plan that name a study, or a region in the patient's own coordinates.
DROPPED = ("dicom", "area_at_risk_patient")
SERIAL = "camera_serial"


def without_person(
    texts: tuple[tuple[str, str], ...], key: bytes, serials: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """The texts with patients' ids as pseudonyms; comments and DICOM references go.

    Parameters
    ----------
    serials : mapping
        Serial numbers and what stands for them; a serial that is not in it stays.

    Raises
    ------
    SourceError
        A text is no TOML: nobody knows what it says.
    """
    return tuple((name, _cleaned(name, text, key, serials)) for name, text in texts)


def _cleaned(name: str, text: str, key: bytes, serials: Mapping[str, str]) -> str:
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise SourceError(
            f"The recording carries {name}, which cannot be read.",
            expected="TOML",
            actual=str(error),
            remedy="A text that nobody can read may name anybody: record the session again.",
        ) from error
    for dropped in DROPPED:
        table.pop(dropped, None)
    if isinstance(table.get("patient_id"), str):
        table["patient_id"] = pseudonym(table["patient_id"], key)
    _replace_serials(table, serials)
    return toml_text(cast(dict[str, TomlValue], table))


def _replace_serials(table: dict[str, Any], serials: Mapping[str, str]) -> None:
    for name, value in table.items():
        if isinstance(value, dict):
            _replace_serials(value, serials)
        elif name == SERIAL and isinstance(value, str):
            table[name] = serials.get(value, value)
